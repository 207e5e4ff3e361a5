import './style/page.css'
import { App } from './app.ts'

new App().start()
