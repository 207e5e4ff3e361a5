// Distribution functions that tests need.

/** Log of the gamma function, by Lanczos' series. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  const z = x - 1
  let sum = lanczos[0]
  for (let i = 1; i < lanczos.length; i++) sum += lanczos[i] / (z + i)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** The regularized incomplete beta function, by its continued fraction. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return x === 0 ? 0 : Number.NaN
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny)
  let fraction = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d || tiny)
    c = 1 + even / c || tiny
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d || tiny)
    c = 1 + odd / c || tiny
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return front * fraction
}

/** The probability of a value of Student's distribution beyond t, on both sides. */
export function studentTails(t: number, freedom: number): number {
  if (Number.isNaN(t)) return Number.NaN
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/** The t of which a share of Student's distribution is below. */
export function studentQuantile(share: number, freedom: number): number {
  return bisect(t => (t < 0 ? studentTails(t, freedom) / 2 : 1 - studentTails(t, freedom) / 2), share)
}

/** The share of Fisher's distribution above f. */
export function fisherTail(f: number, numerator: number, denominator: number): number {
  if (!(f >= 0)) return Number.NaN
  return incompleteBeta(denominator / (denominator + numerator * f), denominator / 2, numerator / 2)
}

/** The complementary error function: a series near 0, a continued fraction farther out. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x < 2.5) {
    let term = x
    let sum = x
    for (let n = 1; n < 200; n++) {
      term *= (-x * x) / n
      const next = term / (2 * n + 1)
      sum += next
      if (Math.abs(next) < Math.abs(sum) * 1e-17) break
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = 0
  for (let k = 120; k > 0; k--) fraction = k / 2 / (x + fraction)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction)
}

/** The share of the normal distribution below z. */
export const normalBelow = (z: number): number => erfc(-z / Math.SQRT2) / 2

/** The z of which a share of the normal distribution is below. */
export const normalQuantile = (share: number): number => bisect(normalBelow, share)

function bisect(below: (x: number) => number, share: number): number {
  let [low, high] = [-1, 1]
  while (below(low) > share && low > -1e300) low *= 2
  while (below(high) < share && high < 1e300) high *= 2
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (below(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}
