// The console's script: what is live, the charts, and conveniences. Every page
// works without it, but for what moves. Nothing here puts text into a page as
// markup.
(() => {
  'use strict'

  const $ = (selector, from = document) => from.querySelector(selector)
  const all = (selector, from = document) => [...from.querySelectorAll(selector)]

  // Numbers as people read them.
  const number = (n) => n < 10 ? (Math.round(n * 10) / 10).toString() : Math.round(n).toLocaleString('en')
  const bytes = (n) => {
    const units = ['B', 'KB', 'MB', 'GB', 'TB']
    let u = 0
    while (n >= 1000 && u < units.length - 1) { n /= 1000; u++ }
    return `${n < 10 && u > 0 ? n.toFixed(1) : Math.round(n)} ${units[u]}/s`
  }
  const millis = (n) => n < 1 ? `${n.toFixed(2)} ms` : n < 1000 ? `${number(n)} ms` : `${(n / 1000).toFixed(2)} s`

  // The banner of a lost connection.
  const banner = $('#offline')
  const offline = (is) => { banner.hidden = !is }

  // stream follows server-sent events. EventSource reconnects by itself, but
  // for an answer that is none; then it is tried again from here, and who is
  // signed out is sent to sign in.
  function stream(url, receive) {
    let source, timer
    const close = () => { clearTimeout(timer); source?.close(); source = undefined }
    const open = () => {
      close()
      source = new EventSource(url)
      source.onmessage = (e) => { offline(false); receive(JSON.parse(e.data)) }
      source.onopen = () => offline(false)
      source.addEventListener('signedout', () => location.reload())
      source.onerror = () => {
        offline(true)
        if (source?.readyState === EventSource.CLOSED) {
          close()
          timer = setTimeout(again, 2000)
        }
      }
    }
    const again = async () => {
      try {
        const stop = new AbortController()
        const answer = await fetch(url, { signal: stop.signal, redirect: 'manual' })
        stop.abort()
        if (answer.status === 401) { location.reload(); return }
      } catch { /* still away */ }
      open()
    }
    // A page that nobody looks at holds no connection: a browser has six.
    document.addEventListener('visibilitychange', () => document.hidden ? close() : open())
    addEventListener('pagehide', close)
    addEventListener('online', open)
    addEventListener('offline', () => offline(true))
    if (!document.hidden) open()
  }

  // Charts.
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name)
  const probe = document.createElement('span')
  const colour = (name) => { probe.style.color = `var(${name})`; document.body.append(probe); const c = getComputedStyle(probe).color; probe.remove(); return c }
  const kinds = {
    requests: { format: number, series: [
      ['2xx', '--ok', (p) => p.c[1]], ['3xx', '--accent', (p) => p.c[2]], ['4xx', '--warn', (p) => p.c[3]], ['5xx', '--bad', (p) => p.c[4]] ] },
    latency: { format: millis, series: [
      ['median', '--ok', (p) => p.p50 || null], ['95 %', '--warn', (p) => p.p95 || null], ['99 %', '--bad', (p) => p.p99 || null] ] },
    connections: { format: number, series: [['open', '--accent', (p) => p.open]] },
    bytes: { format: bytes, series: [['received', '--ok', (p) => p.in], ['sent', '--accent', (p) => p.out]] },
  }

  const spans = { '15m': 15 * 60, '6h': 6 * 3600, '7d': 7 * 24 * 3600 }
  let span = '15m'
  const day = 24 * 3600
  const steps = () => span === '7d' ? [day, 2 * day, 4 * day] : [60, 120, 300, 600, 900, 1800, 3600, 7200] // between two ticks
  const clock = (t) => new Date(t * 1000).toLocaleString('en-GB', span === '7d' ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' })

  class Chart {
    constructor(box) {
      this.box = box
      this.kind = kinds[box.dataset.chart]
      this.legend = $('[data-legend]', box.closest('figure'))
      this.points = []
      this.make()
      new ResizeObserver(() => this.plot.setSize(this.size())).observe(box)
    }
    end() { return this.points.at(-1)?.t ?? Math.floor(Date.now() / 1000) }
    size() { return { width: this.box.clientWidth, height: this.box.clientHeight } }
    make() {
      this.plot?.destroy()
      const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${css('--font')}` }
      this.plot = new uPlot({
        ...this.size(),
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: { x: { range: () => [this.end() - spans[span], this.end()] }, y: { range: (_, min, max) => [0, Math.max(max * 1.15, this.kind.format === number ? 1 : 0.5)] } },
        axes: [{ ...axis, size: 30, space: 70, incrs: steps, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 64, space: 34, values: (_, ticks) => ticks.map((n) => this.kind.format(n)) }],
        series: [{}, ...this.kind.series.map(([label, c]) => ({ label, stroke: colour(c), width: 1.75, points: { show: false }, spanGaps: false }))],
        hooks: { setCursor: [() => this.say()] },
      }, this.columns(), this.box)
      this.say()
    }
    columns() { return [this.points.map((p) => p.t), ...this.kind.series.map(([, , of]) => this.points.map(of))] }
    say() {
      const at = this.plot?.cursor.idx ?? this.points.length - 1
      this.legend.replaceChildren(...this.kind.series.map(([label, c, of]) => {
        const entry = document.createElement('i')
        entry.style.setProperty('--swatch', `var(${c})`)
        const p = this.points[at]
        const value = p ? of(p) : null
        entry.textContent = value === null ? label : `${label} ${this.kind.format(value)}`
        return entry
      }))
    }
    set(points) { this.points = points; this.plot.setData(this.columns()); this.say() }
    add(p, keep) { this.points.push(p); while (this.points[0].t < p.t - keep) this.points.shift(); this.plot.setData(this.columns()); this.say() }
  }

  const charts = window.uPlot ? all('[data-chart]').map((box) => new Chart(box)) : []
  const frame = $('[data-series]')
  async function load() {
    const url = new URL(frame.dataset.series, location)
    url.searchParams.set('span', span)
    try {
      const answer = await fetch(url)
      if (answer.ok && url.searchParams.get('span') === span) { const points = await answer.json(); charts.forEach((c) => c.set(points.slice())) }
    } catch { /* the banner says so */ }
  }
  if (frame && charts.length) {
    load()
    all('[data-span]').forEach((b) => b.addEventListener('click', () => {
      span = b.dataset.span
      all('[data-span]').forEach((o) => o.setAttribute('aria-pressed', o === b))
      load()
    }))
    setInterval(() => { if (span !== '15m' && !document.hidden) load() }, 60_000) // a minute more is there
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach((c) => c.make()))
  }

  // What is live.
  const bind = (name, text) => all(`[data-bind="${name}"]`).forEach((e) => { if (e.textContent !== text) e.textContent = text })
  const tones = { running: 'ok', healthy: 'ok', active: 'ok', unhealthy: 'bad', starting: 'warn', configuring: 'warn', stopping: 'warn', unknown: 'warn' }
  function badge(e, word) {
    if (!e || e.textContent === word) return
    e.textContent = word
    e.className = `badge ${tones[word.toLowerCase()] ?? ''}`
  }
  let newest = 0
  function receive({ point, counts, backends, listeners }) {
    bind('rate', number(point.c.reduce((a, b) => a + b, 0)))
    bind('errors', number(point.c[4]))
    bind('open', number(point.open))
    bind('in', bytes(point.in))
    bind('out', bytes(point.out))
    // Without an exchange nothing is known of latency.
    bind('p50', point.p50 ? millis(point.p50) : '–')
    bind('p99', point.p99 ? millis(point.p99) : '–')
    for (const [name, n] of Object.entries(counts ?? {})) bind(name, number(n))
    const values = { ...counts, errors: point.c[4] }
    all('[data-warn]').forEach((e) => e.classList.toggle('bad', values[e.dataset.warn] > 0))
    if (point.t > newest && span === '15m') charts.forEach((c) => c.add(point, spans[span]))
    newest = Math.max(newest, point.t)
    for (const b of backends ?? []) {
      const row = $(`[data-backend="${CSS.escape(b.id)}"]`)
      if (!row) continue
      badge($('[data-health]', row), b.health || 'idle')
      $('[data-active]', row).textContent = number(b.active)
      const rate = $('[data-rate]', row) // TCP and UDP have none
      if (rate) rate.textContent = number(b.rate)
      $('[data-reason]', row).textContent = b.reason ?? ''
      const drain = $('[data-drain]', row)
      if (drain) drain.textContent = b.active > 0 ? `draining, ${b.active} to end` : 'drained'
    }
    for (const l of listeners ?? []) {
      const row = $(`[data-listener="${l.protocol}-${l.port}"]`)
      if (!row) continue
      badge($('[data-state]', row), l.state)
      $('[data-reason]', row).textContent = l.reason ?? ''
    }
  }
  const source = $('[data-live]')
  if (source) stream(source.dataset.live, receive)

  // Fields that have an effect under a condition alone.
  function conditions(form) {
    const value = (name) => {
      const fields = all(`[name="${CSS.escape(name)}"]`, form)
      const chosen = fields.find((f) => f.type !== 'radio' || f.checked)
      return chosen ? chosen.value || chosen.dataset.default || '' : ''
    }
    const holds = (text) => text.split('&').every((c) => { const [name, is] = c.split('='); return value(name) === is })
    all('[data-when]', form).forEach((f) => { f.hidden = !holds(f.dataset.when) && !f.classList.contains('wrong') })
  }
  all('form[data-conditions]').forEach((form) => {
    conditions(form)
    form.addEventListener('input', () => conditions(form))
  })

  // What is wrong in a form is listed above it: each line leads to its field.
  all('.errors a').forEach((a) => a.addEventListener('click', (e) => {
    const field = $(a.hash)
    if (field) { e.preventDefault(); field.focus() }
  }))

  // A file goes into the text field beside it, so that one sees what is sent.
  all('input[type="file"][data-into]').forEach((input) => input.addEventListener('change', async () => {
    const file = input.files[0]
    const into = document.getElementById(input.dataset.into)
    if (!file || !into) return
    if (file.size > 96 * 1024) { input.setCustomValidity('This file is larger than 96 KiB.'); input.reportValidity(); return }
    input.setCustomValidity('')
    into.value = await file.text()
    input.value = ''
    into.dispatchEvent(new Event('input', { bubbles: true }))
  }))

  all('[data-copy]').forEach((b) => { b.hidden = false; b.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent)
    b.textContent = 'Copied'
  }) })

  // The menu of a narrow screen, and the one of who is signed in.
  const menu = $('.menu-button')
  menu?.addEventListener('click', () => menu.setAttribute('aria-expanded', $('#nav').classList.toggle('open')))
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape') all('details.who[open]').forEach((d) => { d.open = false; $('summary', d).focus() }) })
  document.addEventListener('click', (e) => all('details.who[open]').forEach((d) => { if (!d.contains(e.target)) d.open = false }))

  document.addEventListener('htmx:sendError', () => offline(true))
  document.addEventListener('htmx:afterRequest', (e) => { if (e.detail.successful) offline(false) })
})()
