/** What pages say of the brand. */
export interface Brand {
  readonly name: string;
  readonly description: string;
}
