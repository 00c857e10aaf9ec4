/** What an element may have in addition to its children: properties, and with `on` listeners. */
export type Props<E extends Element> =
  & { readonly class?: string; readonly data?: Readonly<Record<string, string>> }
  & { readonly [name: string]: unknown }
  & {
    readonly on?: {
      readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K], own: E) => void;
    };
  };

/** Text, an element, or nothing. Text is never parsed as markup. */
export type Child = Node | string | number | false | null | undefined;

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element; other props are attributes, and `true` and `false` set and leave out an attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), props as Props<Element>, children);
}

/** Makes an element of an SVG drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props<SVGElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), props as Props<Element>, children);
}

function fill<E extends Element>(element: E, props: Props<E>, children: readonly Child[]): E {
  const { class: className, data = {}, on = {}, ...attributes } = props;
  if (className !== undefined) element.setAttribute("class", className as string);
  for (const [name, value] of Object.entries(data)) element.setAttribute(`data-${name}`, value);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const [name, listen] of Object.entries(on)) {
    element.addEventListener(name, (event) => (listen as (event: Event, own: E) => void)(event, element));
  }
  element.append(
    ...children.filter((child) => child !== undefined && child !== null && child !== false).map(asNode),
  );
  return element;
}

function asNode(child: Child): Node | string {
  return typeof child === "number" ? String(child) : child as Node | string;
}
