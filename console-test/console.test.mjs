// What a person does with the console, in a real browser against a real server.
// The tests run one after the other, in this order: those of listeners make the
// listener that the others look at.
import './listeners.mjs'
import './forms.mjs'
import './people.mjs'
import './objects.mjs'
import './hostility.mjs'
import './explorer.mjs'
import './pages.mjs'
