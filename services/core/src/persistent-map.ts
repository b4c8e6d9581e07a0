// A map by text whose changes share everything that did not change: the old map stays as it was, and a
// change costs the same in a world ten times larger. Iteration order is unspecified; whoever emits sorts.

/** Entries of a leaf before it splits. */
const leafSizeMax = 8;
const bitsPerLevel = 5;
const branchSize = 1 << bitsPerLevel;
const hashBits = 30;

type Entry<V> = readonly [key: string, value: V];
type Leaf<V> = readonly Entry<V>[];
interface Branch<V> {
  readonly children: readonly Node<V>[];
}
type Node<V> = Leaf<V> | Branch<V>;

const emptyLeaf: Leaf<never> = [];

/** An immutable map. `with` and `without` give the changed map, or the same object when nothing changes. */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  private readonly root: Node<V>;
  private static readonly nothing = new PersistentMap<never>(emptyLeaf, 0);

  private constructor(root: Node<V>, size: number) {
    this.root = root;
    this.size = size;
  }

  /** The map without entries. */
  static empty<V>(): PersistentMap<V> {
    return PersistentMap.nothing;
  }

  /** A map of the given entries; of two with one key the later stays. */
  static of<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>();
    for (const [key, value] of entries) map = map.with(key, value);
    return map;
  }

  get(key: string): V | undefined {
    return entryOf(this.root, key)?.[1];
  }

  has(key: string): boolean {
    return entryOf(this.root, key) !== undefined;
  }

  /** This map with `value` at `key`. */
  with(key: string, value: V): PersistentMap<V> {
    const held = entryOf(this.root, key);
    if (held !== undefined && held[1] === value) return this;
    const root = insert(this.root, [key, value], hashOf(key), 0);
    return new PersistentMap(root, held === undefined ? this.size + 1 : this.size);
  }

  /** This map without `key`. */
  without(key: string): PersistentMap<V> {
    if (!this.has(key)) return this;
    if (this.size === 1) return PersistentMap.empty();
    return new PersistentMap(remove(this.root, key, hashOf(key), 0), this.size - 1);
  }

  *entries(): MapIterator<[string, V]> {
    for (const [key, value] of walk(this.root)) yield [key, value];
  }

  *keys(): MapIterator<string> {
    for (const [key] of walk(this.root)) yield key;
  }

  *values(): MapIterator<V> {
    for (const entry of walk(this.root)) yield entry[1];
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of walk(this.root)) visit(value, key, this);
  }
}

function isLeaf<V>(node: Node<V>): node is Leaf<V> {
  return Array.isArray(node);
}

function entryOf<V>(root: Node<V>, key: string): Entry<V> | undefined {
  let node = root;
  if (!isLeaf(node)) {
    const hash = hashOf(key);
    for (let shift = 0; !isLeaf(node); shift += bitsPerLevel) node = node.children[slotOf(hash, shift)]!;
  }
  return node.find((entry) => entry[0] === key);
}

function insert<V>(node: Node<V>, entry: Entry<V>, hash: number, shift: number): Node<V> {
  if (!isLeaf(node)) {
    const slot = slotOf(hash, shift);
    return {
      children: node.children.with(slot, insert(node.children[slot]!, entry, hash, shift + bitsPerLevel)),
    };
  }
  const at = node.findIndex((held) => held[0] === entry[0]);
  if (at >= 0) return node.with(at, entry);
  const grown = [...node, entry];
  return grown.length <= leafSizeMax || shift >= hashBits ? grown : split(grown, shift);
}

function split<V>(leaf: Leaf<V>, shift: number): Branch<V> {
  const children = Array.from({ length: branchSize }, (): Entry<V>[] => []);
  for (const entry of leaf) {
    const slot = slotOf(hashOf(entry[0]), shift);
    children[slot]!.push(entry);
  }
  return { children };
}

function remove<V>(node: Node<V>, key: string, hash: number, shift: number): Node<V> {
  if (isLeaf(node)) return node.filter((entry) => entry[0] !== key);
  const slot = slotOf(hash, shift);
  const child = remove(node.children[slot]!, key, hash, shift + bitsPerLevel);
  const children = node.children.with(slot, child);
  if (isLeaf(child) && child.length === 0 && children.every((it) => isLeaf(it) && it.length === 0))
    return emptyLeaf;
  return { children };
}

function* walk<V>(node: Node<V>): Generator<Entry<V>, undefined> {
  if (isLeaf(node)) yield* node;
  else for (const child of node.children) yield* walk(child);
}

function slotOf(hash: number, shift: number): number {
  return (hash >>> shift) & (branchSize - 1);
}

/** FNV-1a over code units, folded to the bits that the levels use. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) & ((1 << hashBits) - 1);
}
