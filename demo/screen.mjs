const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** What people see. On a terminal with colours and a spinner; elsewhere plain lines; with `json` nothing but the end. */
export function openScreen({ json, out = process.stdout, errors = process.stderr }) {
  const lively = out.isTTY === true && !json
  // A reader that went away is no reason to leave a Coffer running.
  for (const stream of [out, errors]) stream.on('error', () => {})
  const colours = lively && !process.env.NO_COLOR
  const paint = code => text => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const bold = paint(1)
  const dim = paint(2)
  const green = paint(32)
  const red = paint(31)
  const yellow = paint(33)
  const line = text => {
    if (!json) out.write(`${text}\n`)
  }
  const width = () => Math.min(out.columns || 110, 110)

  return {
    bold,
    dim,
    green,
    yellow,
    line,
    /** What is done before the walk, such as building. */
    aside: text => errors.write(`${text}\n`),
    problem: text => errors.write(`${errors.isTTY && !process.env.NO_COLOR ? `\u001b[31m${text}\u001b[0m` : text}\n`),
    result: facts => {
      if (json) out.write(`${JSON.stringify(facts, null, 2)}\n`)
    },
    step: (number, title) => line(`\n${bold(`${number}  ${title}`)}`),
    row: (name, text) => line(`   ${dim(name.padEnd(14))} ${text}`),
    good: text => line(`   ${green('✓')} ${text}`),
    bad: text => line(`   ${red('✗')} ${text}`),
    note: text => {
      for (const part of wrapped(text, width() - 4)) line(`   ${dim(part)}`)
    },
    /** A text that is signed: broken where the screen ends, with a bar that is not part of it. */
    quoted: text => {
      for (const part of text.split('\n').flatMap(whole => chunks(whole, width() - 6))) line(`   ${dim('│')} ${part}`)
    },
    /** Shows that something is awaited. Returns what takes the sign away. */
    waitFor(text, { onlyLively = false } = {}) {
      if (json || (onlyLively && !lively)) return () => {}
      if (!lively) {
        line(`   ${text} …`)
        return () => {}
      }
      const since = Date.now()
      let frame = 0
      const draw = () => {
        const seconds = ((Date.now() - since) / 1000).toFixed(1)
        out.write(`\r   ${yellow(frames[frame++ % frames.length])} ${text} … ${dim(`${seconds} s`)}\u001b[K`)
      }
      draw()
      const timer = setInterval(draw, 100)
      return () => {
        clearInterval(timer)
        out.write('\r\u001b[K')
      }
    },
  }
}

function chunks(text, size) {
  const parts = []
  for (let at = 0; at === 0 || at < text.length; at += size) parts.push(text.slice(at, at + size))
  return parts
}

function wrapped(text, size) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.length - 1
    if (lines[last] === '') lines[last] = word
    else if (lines[last].length + 1 + word.length <= size) lines[last] += ` ${word}`
    else lines.push(word)
  }
  return lines
}
