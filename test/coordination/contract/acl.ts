import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Acl, openAcl, permissions } from '../../../runtime/coordination/requests.ts'
import { type Contract, caughtUp, fails, text, within } from './subject.ts'

/** As ZooKeeper keeps it: the password's hash in place of the password. */
const digestOf = (user: string, password: string) =>
  `${user}:${createHash('sha1').update(`${user}:${password}`).digest('base64')}`

const only = (permissions: number, id: string): Acl => ({ permissions, scheme: 'digest', id })

/** Who may do what. */
export function aclContract({ check, capabilities, createWith }: Contract): void {
  const ada = { scheme: 'digest', credentials: 'ada:secret' }
  const adaId = digestOf('ada', 'secret')

  if (!capabilities.hasAcl) {
    check('rights are refused where they would be lost', async ({ session, path }) => {
      await fails(session.create(`${path}/a`, '', { acl: [only(permissions.all, adaId)] }), 'Unsupported')
      await fails(session.getAcl(path), 'Unsupported')
      assert.equal(await session.exists(`${path}/a`), null)
    })
  } else {
    check('the list of rights of a node', async ({ session, path }) => {
      const node = await session.create(`${path}/a`)
      assert.deepEqual((await session.getAcl(node)).acl, openAcl)
      const acl: Acl[] = [
        { permissions: permissions.all, scheme: 'world', id: 'anyone' },
        only(permissions.read | permissions.write, adaId),
      ]
      const set = await session.setAcl(node, acl)
      assert.equal(set.aversion, 1)
      const read = await session.getAcl(node)
      assert.deepEqual([read.acl, read.stat], [acl, set])
      const second = await session.create(`${path}/b`, '', { acl })
      assert.deepEqual((await session.getAcl(second)).acl, acl)
      await fails(session.create(`${path}/c`, '', { acl: [] }), 'InvalidAcl')
    })
  }

  check('rights are set, with the version of the rights', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    assert.equal((await session.setAcl(node, openAcl)).aversion, 1)
    await fails(session.setAcl(node, openAcl, 0), 'BadVersion')
    assert.equal((await session.setAcl(node, openAcl, 1)).aversion, 2)
    await fails(session.setAcl(node, []), 'InvalidAcl')
    await fails(session.setAcl(node, [{ permissions: 31, scheme: 'nonesuch', id: 'x' }]), 'InvalidAcl')
    await fails(session.setAcl(node, [{ permissions: 31, scheme: 'auth', id: '' }]), 'InvalidAcl')
    assert.equal((await session.exists(node))!.aversion, 2)
  })

  check('a node of one user is closed to others until they say who they are', async ({ session, path, open }) => {
    await session.auth(ada)
    const node = await createWith(session, `${path}/a`, 'mine', [only(permissions.all, adaId)])
    const stranger = await open()
    await caughtUp(stranger)
    await fails(stranger.get(node), 'NoAuth')
    await fails(stranger.set(node, ''), 'NoAuth')
    await fails(stranger.children(node), 'NoAuth')
    await fails(stranger.create(`${node}/child`), 'NoAuth')
    await fails(stranger.setAcl(node, openAcl), 'NoAuth')
    assert.ok(await stranger.exists(node), 'that it is there may be known')
    // Another's password is no password.
    await stranger.auth({ scheme: 'digest', credentials: 'ada:guess' })
    await fails(stranger.get(node), 'NoAuth')
    await stranger.auth(ada)
    assert.equal(text((await stranger.get(node)).data), 'mine')
    const friend = await open({ auth: [{ scheme: 'digest', credentials: 'bob:x' }, ada] })
    await caughtUp(friend)
    assert.equal(text((await friend.get(node)).data), 'mine')
    await friend.create(`${node}/child`)
  })

  check('each right by itself', async ({ session, path, open }) => {
    const world = (rights: number): Acl[] => [{ permissions: rights, scheme: 'world', id: 'anyone' }]
    const make = (name: string, rights: number) => createWith(session, `${path}/${name}`, name, world(rights))
    const readable = await make('r', permissions.read)
    assert.equal(text((await session.get(readable)).data), 'r')
    await session.children(readable)
    await fails(session.set(readable, ''), 'NoAuth')
    await fails(session.create(`${readable}/x`), 'NoAuth')
    const writable = await make('w', permissions.write)
    await session.set(writable, 'x')
    await fails(session.get(writable), 'NoAuth')
    // To delete is a right over the parent's children.
    const parent = await make('p', permissions.create)
    await session.create(`${parent}/x`)
    await fails(session.delete(`${parent}/x`), 'NoAuth')
    const clearing = await make('d', permissions.create | permissions.delete)
    await createWith(session, `${clearing}/x`, '', world(permissions.read))
    await session.delete(`${clearing}/x`)
    const governed = await make('a', permissions.admin)
    await fails(session.get(governed), 'NoAuth')
    await session.setAcl(governed, openAcl)
    assert.equal(text((await session.get(governed)).data), 'a')
    await (await open()).sync('/')
  })

  check('scheme auth stands for whoever asks', async ({ session, path, open }) => {
    await session.auth(ada)
    const acl: Acl[] = [{ permissions: permissions.all, scheme: 'auth', id: '' }]
    const node = await createWith(session, `${path}/a`, '', acl)
    if (capabilities.hasAcl) assert.deepEqual((await session.getAcl(node)).acl, [only(permissions.all, adaId)])
    const stranger = await open()
    await caughtUp(stranger)
    await fails(stranger.get(node), 'NoAuth')
  })

  check('credentials of an unknown scheme end the session', async ({ open, session }) => {
    const own = await open()
    await fails(own.auth({ scheme: 'nonesuch', credentials: 'x' }), 'AuthFailed')
    assert.equal(await within(10_000, 'the end', own.ended), 'authFailed')
    assert.equal(own.state, 'authFailed')
    await fails(own.get('/'), 'AuthFailed')
    await fails(open({ auth: [{ scheme: 'nonesuch', credentials: 'x' }] }), 'AuthFailed')
    await session.get('/')
  })
}
