/** A field of a chat's body that holds the answer where it is known already: the built-in upstream says it. */
export const givenAnswer = 'turnpike_answer';
