// The API Explorer's script: the example, the copy button, and which fields an
// answer finds wrong. Everything else is the form and htmx.
(() => {
  'use strict'
  const form = document.querySelector('[data-explorer]')

  form.addEventListener('click', (e) => {
    if (!e.target.closest('[data-fill]')) return
    e.preventDefault()
    form.querySelectorAll('[data-example]').forEach((field) => { if (!field.value) field.value = field.dataset.example })
    form.dispatchEvent(new Event('input', { bubbles: true }))
  })

  const copy = form.querySelector('[data-copy-code]')
  copy.hidden = false
  copy.addEventListener('click', async () => {
    const language = form.querySelector('[name="language"]:checked').value
    await navigator.clipboard.writeText(form.querySelector(`[data-language="${language}"]`).textContent)
    copy.textContent = 'Copied'
    setTimeout(() => { copy.textContent = 'Copy' }, 2000)
  })

  document.addEventListener('htmx:afterSettle', () => {
    form.querySelectorAll('[data-field]').forEach((field) => {
      const wrong = field.querySelector('.error').textContent !== ''
      field.classList.toggle('wrong', wrong)
      field.querySelectorAll('[aria-describedby]').forEach((f) => wrong ? f.setAttribute('aria-invalid', 'true') : f.removeAttribute('aria-invalid'))
    })
  })
})()
