// Reads a file into the text field; without this script, people paste the text.
const file = document.getElementById('file')
document.getElementById('directory-file').hidden = false
file.addEventListener('change', async () => {
  const [chosen] = file.files
  if (chosen) document.getElementById('text').value = await chosen.text()
})
