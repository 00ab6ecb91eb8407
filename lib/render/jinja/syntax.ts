/** The templates' own syntax tree: a closed set. What `translate.ts` cannot express in it is refused. */

export type Expression = { line: number } & (
  | { kind: 'literal'; value: null | boolean | bigint | number | string }
  | { kind: 'name'; name: string }
  | { kind: 'list' | 'tuple'; items: readonly Expression[] }
  | { kind: 'dict'; entries: readonly (readonly [Expression, Expression])[] }
  /** `a.b` asks attributes first, `a["b"]` items first. */
  | { kind: 'attribute'; target: Expression; name: string }
  | { kind: 'item'; target: Expression; key: Expression }
  | { kind: 'call'; callee: Expression; arguments: ArgumentList; caller?: MacroDefinition }
  | {
      kind: 'filter';
      name: string;
      value: Expression | { kind: 'block'; line: number; body: readonly Statement[] };
      arguments: ArgumentList;
    }
  | { kind: 'test'; name: string; value: Expression; arguments: ArgumentList }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'not'; value: Expression }
  | { kind: 'choose'; condition: Expression; yes: Expression; no?: Expression }
  | { kind: 'compare'; first: Expression; rest: readonly { operator: Comparison; value: Expression }[] }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'sign'; operator: '-' | '+'; value: Expression }
);

export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in';
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~';

export interface ArgumentList {
  positional: readonly Expression[];
  named: readonly (readonly [string, Expression])[];
}

export interface MacroDefinition {
  name: string;
  parameters: readonly { name: string; fallback?: Expression }[];
  body: readonly Statement[];
}

export type SetTarget = { kind: 'name'; name: string } | { kind: 'field'; object: string; field: string };

export type Statement = { line: number } & (
  | { kind: 'text'; text: string }
  | { kind: 'print'; value: Expression }
  | { kind: 'if'; condition: Expression; yes: readonly Statement[]; no: readonly Statement[] }
  | {
      kind: 'for';
      names: readonly string[];
      list: Expression;
      filter?: Expression;
      body: readonly Statement[];
      otherwise: readonly Statement[];
    }
  | {
      kind: 'set';
      targets: readonly SetTarget[];
      value: Expression | { kind: 'block'; body: readonly Statement[] };
    }
  | { kind: 'macro'; macro: MacroDefinition }
  | { kind: 'include'; template: Expression; ignoreMissing: boolean }
  | { kind: 'import'; template: Expression; as: string; withContext: boolean }
  | {
      kind: 'from';
      template: Expression;
      names: readonly { name: string; as: string }[];
      withContext: boolean;
    }
  | { kind: 'extends'; template: Expression }
  | { kind: 'block'; name: string; body: readonly Statement[] }
);

export interface Template {
  name: string;
  body: readonly Statement[];
}
