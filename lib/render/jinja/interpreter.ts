import { bind } from './bind.ts';
import { Loop, Module, Namespace } from './entities.ts';
import { FILTERS } from './filters.ts';
import { GLOBALS } from './globals.ts';
import { attribute, item } from './lookup.ts';
import { METHODS } from './method.ts';
import { calculate } from './number.ts';
import { print } from './print.ts';
import { Scope } from './scope.ts';
import type { ArgumentList, Expression, MacroDefinition, SetTarget, Statement, Template } from './syntax.ts';
import { TemplateError, ValueError } from './template-error.ts';
import { TESTS, contains } from './tests.ts';
import { weigh } from './weight.ts';
import {
  Callable,
  Entity,
  MAX_TEXT,
  Tuple,
  Undefined,
  asKey,
  capped,
  defined,
  either,
  equal,
  iterate,
  numeric,
  order,
  truth,
  typeName,
} from './value.ts';
import type { Arguments, Key, Value } from './value.ts';

/** How much one rendering may do. Counted, not timed, so that the same input always ends the same. */
export interface Budget {
  /** Statements and expressions evaluated. */
  steps: number;
}

/** About a second of work. */
export const MAX_STEPS = 2_000_000;
const MAX_DEPTH = 32;

type Expr<K extends Expression['kind']> = Extract<Expression, { kind: K }>;
type Stmt<K extends Statement['kind']> = Extract<Statement, { kind: K }>;
type Blocks = Map<string, readonly { template: string; body: readonly Statement[] }[]>;

/**
 * Runs a parsed template with Python's semantics. There is no compiled code and no access to JavaScript values:
 * a template can do what the cases below do, and no more (S-52).
 */
export class Interpreter {
  readonly #load: (name: string) => Template | undefined;
  readonly #budget: Budget;
  #template = '';
  #line = 0;
  #depth = 0;
  #written = 0;

  /** @param load gives the templates that may be included (S-53) */
  constructor(load: (name: string) => Template | undefined, budget: Budget = { steps: MAX_STEPS }) {
    this.#load = load;
    this.#budget = budget;
  }

  /**
   * The template's text.
   * @throws TemplateError with the template and line where it went wrong
   */
  render(template: Template, context: ReadonlyMap<string, Value>): string {
    try {
      const globals = new Scope(undefined, GLOBALS);
      return this.#renderTemplate(template, new Scope(new Scope(globals, context)), new Map());
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      if (error instanceof ValueError) throw new TemplateError(this.#template, this.#line, error.message);
      if (error instanceof RangeError)
        throw new TemplateError(this.#template, this.#line, 'is nested too deeply');
      throw error;
    }
  }

  #renderTemplate(template: Template, scope: Scope, blocks: Blocks): string {
    return this.#within(template.name, () => {
      for (const statement of template.body) {
        if (statement.kind === 'block') {
          const list = blocks.get(statement.name) ?? [];
          blocks.set(statement.name, [...list, { template: template.name, body: statement.body }]);
        }
      }
      const parent = template.body.find((statement) => statement.kind === 'extends');
      if (parent?.kind !== 'extends') return this.#body(template.body, scope, blocks);
      // What a child sets at its top is seen by its blocks; what it prints there is not.
      this.#body(
        template.body.filter(({ kind }) => kind !== 'extends' && kind !== 'block'),
        scope,
        blocks,
      );
      this.#line = parent.line;
      return this.#renderTemplate(this.#find(parent.template, scope), scope, blocks);
    });
  }

  /** Runs in another template; after an error the place stays where the error was. */
  #within<T>(template: string, run: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new ValueError('templates and macros call each other too deeply');
    const place = { template: this.#template, line: this.#line };
    this.#template = template;
    const result = run();
    this.#template = place.template;
    this.#line = place.line;
    this.#depth--;
    return result;
  }

  #body(statements: readonly Statement[], scope: Scope, blocks: Blocks): string {
    let text = '';
    for (const statement of statements) {
      text += this.#statement(statement, scope, blocks);
      if (text.length > MAX_TEXT) throw new ValueError(`the text grows beyond ${MAX_TEXT} characters`);
    }
    return text;
  }

  #step(line: number): void {
    this.#line = line;
    if (--this.#budget.steps < 0) throw new ValueError('takes too many steps');
  }

  /** What a built-in walks through costs as many steps as it holds. */
  #charge<T extends Value>(value: T): T {
    this.#budget.steps -= weigh(value);
    return value;
  }

  #statement(statement: Statement, scope: Scope, blocks: Blocks): string {
    this.#step(statement.line);
    switch (statement.kind) {
      case 'text':
        return statement.text;
      case 'print': {
        const text = print(this.#charge(this.#evaluate(statement.value, scope)));
        this.#written += text.length;
        if (this.#written > 8 * MAX_TEXT) throw new ValueError('prints too much');
        return text;
      }
      case 'if':
        // An `if` is no scope of its own: what it sets stays.
        return this.#body(
          this.#truth(statement.condition, scope) ? statement.yes : statement.no,
          scope,
          blocks,
        );
      case 'for':
        return this.#for(statement, scope, blocks);
      case 'set':
        this.#set(statement, scope, blocks);
        return '';
      case 'macro':
        scope.set(statement.macro.name, this.#macro(statement.macro, scope));
        return '';
      case 'include':
        return this.#include(statement, scope);
      case 'import':
        scope.set(statement.as, this.#import(statement.template, statement.withContext, scope));
        return '';
      case 'from': {
        const module = this.#import(statement.template, statement.withContext, scope);
        for (const { name, as } of statement.names) {
          const value = module.attribute(name);
          if (value === undefined) throw new ValueError(`the template has no ${name}`);
          scope.set(as, value);
        }
        return '';
      }
      case 'block': {
        // The first one found is the child's.
        const found = blocks.get(statement.name)?.[0] ?? { template: this.#template, body: statement.body };
        return this.#within(found.template, () => this.#body(found.body, new Scope(scope), blocks));
      }
      case 'extends':
        throw new ValueError('extends must stand at the top of a template');
    }
  }

  #for(statement: Stmt<'for'>, scope: Scope, blocks: Blocks): string {
    const all = iterate(this.#charge(this.#evaluate(statement.list, scope)));
    const bindings = (value: Value): [string, Value][] => {
      const [only] = statement.names;
      if (statement.names.length === 1 && only !== undefined) return [[only, value]];
      return this.#unpack(statement.names, value);
    };
    const { filter } = statement;
    const items =
      filter === undefined
        ? all
        : all.filter((value) => this.#truth(filter, new Scope(scope, bindings(value))));
    if (items.length === 0) return this.#body(statement.otherwise, scope, blocks);
    const loop = new Loop(items);
    let text = '';
    for (const value of items) {
      this.#step(statement.line);
      loop.advance();
      const inner = new Scope(scope, [['loop', loop], ...bindings(value)]);
      text += this.#body(statement.body, inner, blocks);
      if (text.length > MAX_TEXT) throw new ValueError(`the text grows beyond ${MAX_TEXT} characters`);
    }
    return text;
  }

  #unpack(names: readonly string[], value: Value): [string, Value][] {
    const values = iterate(value);
    if (values.length !== names.length) {
      throw new ValueError(`${names.length} names cannot take ${values.length} values`);
    }
    return names.map((name, i) => [name, values[i] ?? null]);
  }

  #set(statement: Stmt<'set'>, scope: Scope, blocks: Blocks): void {
    const value =
      statement.value.kind === 'block'
        ? this.#body(statement.value.body, new Scope(scope), blocks)
        : this.#evaluate(statement.value, scope);
    const [only] = statement.targets;
    if (statement.targets.length === 1 && only !== undefined) return this.#assign(only, value, scope);
    const values = iterate(value);
    if (values.length !== statement.targets.length) {
      throw new ValueError(`${statement.targets.length} names cannot take ${values.length} values`);
    }
    for (const [i, target] of statement.targets.entries()) this.#assign(target, values[i] ?? null, scope);
  }

  #assign(target: SetTarget, value: Value, scope: Scope): void {
    if (target.kind === 'name') return scope.set(target.name, value);
    const object = scope.get(target.object);
    if (!(object instanceof Namespace)) throw new ValueError(`${target.object} is not a namespace`);
    object.set(target.field, value);
  }

  #macro({ name, parameters, body }: MacroDefinition, scope: Scope, caller?: string): Callable {
    const template = this.#template;
    return new Callable(name, (args: Arguments) => {
      const inner = new Scope(scope);
      const named = new Map(args.named);
      const callerValue = named.get('caller');
      named.delete('caller');
      const signature = parameters.map((parameter) => ({
        name: parameter.name,
        fallback: new Undefined(`parameter ${parameter.name} of ${caller ?? name}`),
      }));
      const values = bind(`macro ${name}`, signature, { positional: args.positional, named });
      if (callerValue !== undefined) inner.set('caller', callerValue);
      return this.#within(template, () => {
        for (const [i, parameter] of parameters.entries()) {
          const given = values[i];
          const value =
            given instanceof Undefined && parameter.fallback !== undefined
              ? this.#evaluate(parameter.fallback, inner)
              : given;
          inner.set(parameter.name, value ?? null);
        }
        return this.#body(body, inner, new Map());
      });
    });
  }

  #include(statement: Stmt<'include'>, scope: Scope): string {
    const name = this.#evaluate(statement.template, scope);
    const template = typeof name === 'string' ? this.#load(name) : undefined;
    if (template === undefined && statement.ignoreMissing && typeof name === 'string') return '';
    const found = template ?? this.#find(statement.template, scope);
    // Jinja2 hides the loop around an include.
    const inner = new Scope(scope, [['loop', new Undefined('"loop"')]]);
    return this.#renderTemplate(found, inner, new Map());
  }

  #import(template: Expression, withContext: boolean, scope: Scope): Module {
    const found = this.#find(template, scope);
    const module = new Scope(withContext ? scope : new Scope(undefined, GLOBALS));
    this.#renderTemplate(found, module, new Map());
    return new Module(module.own());
  }

  #find(expression: Expression, scope: Scope): Template {
    const name = defined(this.#evaluate(expression, scope));
    if (typeof name !== 'string')
      throw new ValueError(`the name of a template is a text, not ${typeName(name)}`);
    // S-53: names are looked up among the platform's templates, never resolved as paths.
    const template = this.#load(name);
    if (template === undefined)
      throw new ValueError(`there is no template ${JSON.stringify(name.slice(0, 80))}`);
    return template;
  }

  #truth(expression: Expression, scope: Scope): boolean {
    return truth(this.#evaluate(expression, scope));
  }

  #evaluate(expression: Expression, scope: Scope): Value {
    this.#step(expression.line);
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'name':
        return either(scope.get(expression.name), new Undefined(JSON.stringify(expression.name)));
      case 'list':
        return this.#charge(expression.items.map((entry) => this.#evaluate(entry, scope)));
      case 'tuple':
        return this.#charge(new Tuple(expression.items.map((entry) => this.#evaluate(entry, scope))));
      case 'dict':
        return this.#charge(
          new Map<Key, Value>(
            expression.entries.map(([key, value]) => [
              asKey(this.#evaluate(key, scope)),
              this.#evaluate(value, scope),
            ]),
          ),
        );
      case 'attribute':
        return attribute(this.#evaluate(expression.target, scope), expression.name);
      case 'item':
        return item(this.#evaluate(expression.target, scope), this.#evaluate(expression.key, scope));
      case 'call':
        return this.#call(expression, scope);
      case 'filter': {
        const value =
          expression.value.kind === 'block'
            ? this.#body(expression.value.body, new Scope(scope), new Map())
            : this.#evaluate(expression.value, scope);
        return this.#charge(
          FILTERS.run(expression.name, this.#charge(value), this.#arguments(expression.arguments, scope)),
        );
      }
      case 'test': {
        const value = this.#evaluate(expression.value, scope);
        const { positional, named } = this.#arguments(expression.arguments, scope);
        if (named.size > 0) throw new ValueError(`test ${expression.name} takes no named arguments`);
        return TESTS.run(expression.name, value, positional);
      }
      case 'and': {
        const left = this.#evaluate(expression.left, scope);
        return truth(left) ? this.#evaluate(expression.right, scope) : left;
      }
      case 'or': {
        const left = this.#evaluate(expression.left, scope);
        return truth(left) ? left : this.#evaluate(expression.right, scope);
      }
      case 'not':
        return !this.#truth(expression.value, scope);
      case 'choose':
        if (this.#truth(expression.condition, scope)) return this.#evaluate(expression.yes, scope);
        if (expression.no === undefined) return new Undefined('the value of "if" without "else"');
        return this.#evaluate(expression.no, scope);
      case 'compare':
        return this.#compare(expression, scope);
      case 'binary': {
        const left = this.#evaluate(expression.left, scope);
        const right = this.#evaluate(expression.right, scope);
        if (expression.operator === '~') return capped(print(left) + print(right));
        return this.#charge(calculate(expression.operator, left, right));
      }
      case 'sign': {
        const value = defined(this.#evaluate(expression.value, scope));
        const number = numeric(value);
        if (number === undefined) throw new ValueError(`${typeName(value)} has no sign`);
        return expression.operator === '-' ? -number : number;
      }
    }
  }

  #call(expression: Expr<'call'>, scope: Scope): Value {
    const { callee } = expression;
    const args = this.#arguments(expression.arguments, scope);
    if (expression.caller !== undefined) {
      args.named.set(
        'caller',
        this.#macro({ ...expression.caller, name: 'caller' }, scope, 'the call block'),
      );
    }
    if (callee.kind === 'attribute') {
      const target = defined(this.#evaluate(callee.target, scope));
      if (!(target instanceof Entity))
        return this.#charge(METHODS.call(this.#charge(target), callee.name, args));
      return this.#invoke(attribute(target, callee.name), args);
    }
    return this.#invoke(this.#evaluate(callee, scope), args);
  }

  #invoke(value: Value, args: Arguments): Value {
    const known = defined(value);
    if (!(known instanceof Callable)) throw new ValueError(`${typeName(known)} cannot be called`);
    return this.#charge(known.call(args));
  }

  #arguments(
    { positional, named }: ArgumentList,
    scope: Scope,
  ): { positional: Value[]; named: Map<string, Value> } {
    return {
      positional: positional.map((value) => this.#evaluate(value, scope)),
      named: new Map(named.map(([name, value]) => [name, this.#evaluate(value, scope)])),
    };
  }

  /** Python's chain: `a < b < c` is a < b and b < c. */
  #compare({ first, rest }: Expr<'compare'>, scope: Scope): boolean {
    let left = this.#evaluate(first, scope);
    for (const { operator, value } of rest) {
      const right = this.#evaluate(value, scope);
      if (!compare(operator, this.#charge(left), this.#charge(right))) return false;
      left = right;
    }
    return true;
  }
}

function compare(operator: Expr<'compare'>['rest'][number]['operator'], left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '<':
      return order(left, right) < 0;
    case '>':
      return order(left, right) > 0;
    case '<=':
      return order(left, right) <= 0;
    case '>=':
      return order(left, right) >= 0;
    case 'in':
      return contains(right, left);
  }
}
