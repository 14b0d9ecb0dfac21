// Building elements, toasts and the one dialog. Text from people is only ever set as text.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function toast(text, { image = null, href = null } = {}) {
  const item = h(href ? "a" : "div", { class: "toast", href }, image && h("img", { src: image, alt: "" }), text);
  const shelf = document.getElementById("toasts");
  shelf.append(item);
  while (shelf.children.length > 3) shelf.firstChild.remove();
  setTimeout(() => item.remove(), 6000);
}

// A form in the dialog; `send` gets its values, and an error it throws is shown in place.
export function form(title, fields, label, send, extra = null) {
  const sheet = document.getElementById("sheet");
  const error = h("p", { class: "err", role: "alert" });
  const button = h("button", { class: "btn main" }, label);
  const body = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      error.textContent = "";
      try { await send(Object.fromEntries(new FormData(body))); sheet.close(); } catch (problem) { error.textContent = problem.message; } finally { button.disabled = false; }
    },
  }, h("h1", {}, title), fields, error, h("div", { class: "row" }, button, h("button", { class: "btn", type: "button", onclick: () => sheet.close() }, "Cancel")), extra);
  sheet.replaceChildren(body);
  sheet.showModal();
}

export const field = (label, name, props = {}) => h("label", {}, label, h(props.tag || "input", { name, ...props, tag: null }, props.options || []));
