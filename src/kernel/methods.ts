/**
 * Services as the engine calls them fastest. It keeps an object with many properties as a hash
 * table, where each call of a method is a search; but never one that others inherit from.
 */

/**
 * @param service methods, and what never changes: nothing is set on it afterwards
 * @returns an object without properties of its own that inherits all of them
 */
export const inherited = <S extends object>(service: S): S => Object.create(service) as S;
