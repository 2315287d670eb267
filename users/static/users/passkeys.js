// Says in words what the account library only writes to the console: no key, or none possible.
document.addEventListener('DOMContentLoaded', () => {
  const each = (name, change) => document.querySelectorAll(`[${name}]`).forEach(change)
  if (!window.PublicKeyCredential) {
    each('data-passkey', element => { element.hidden = true })
    each('data-passkey-missing', element => { element.hidden = false })
  }
  // The form is sent when the device has given the key, not before.
  const add = document.getElementById('mfa_webauthn_add')
  if (add) add.addEventListener('click', event => event.preventDefault())
  document.addEventListener('allauth.error', event => {
    event.preventDefault()
    each('data-passkey-error', element => { element.hidden = false })
  })
})
