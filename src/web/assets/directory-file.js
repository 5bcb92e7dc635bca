// A file is read into the field for its text; without this, its text is pasted there.
const file = document.getElementById('file')
document.getElementById('directory-file').hidden = false
file.addEventListener('change', async () => {
  const [chosen] = file.files
  if (chosen) document.getElementById('text').value = await chosen.text()
})
