import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { UpstreamEvents, type EventTranslator } from './event-stream.ts';

function open(translator?: EventTranslator) {
  const calls: string[] = [];
  const events = new UpstreamEvents({
    controller: {
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      abort: () => calls.push('abort'),
    },
    explain: (error) => new AppError('UPSTREAM_TIMEOUT', error.message),
    translator,
  });
  const heard: string[] = [];
  const start = (onEvent: (data: string) => void = () => undefined) => {
    events.start({
      onEvent: (data) => {
        heard.push(data);
        onEvent(data);
      },
      onFlush: () => heard.push('flush'),
      onEnd: () => heard.push('end'),
      onError: (error) => heard.push(`error ${error.code}`),
    });
  };
  const push = (text: string) => {
    events.push(Buffer.from(text));
  };
  return { events, calls, heard, start, push };
}

const twice: EventTranslator = {
  onEvent: (data, emit) => {
    if (data === 'wrong') throw new AppError('overloaded', 'too much');
    if (data === 'odd') throw new TypeError('a mistake of ours');
    if (data === 'silent') return;
    emit(`${data}1`);
    emit(`${data}2`);
  },
  onEnd: (emit) => {
    emit('last');
  },
};

describe('events of an upstream', () => {
  test('go straight through, flushed once a piece', () => {
    const { heard, start, push, events } = open();
    start();
    push('data: a\n\ndata: b\n\nda');
    push('ta: c');
    events.end();
    expect(heard).toEqual(['a', 'b', 'flush', 'flush', 'c', 'flush', 'end']);
  });

  test('wait for a listener, and so do the end and a failure', () => {
    const early = open();
    early.push('data: a\n\n');
    early.events.end();
    early.start();
    expect(early.heard).toEqual(['a', 'flush', 'flush', 'end']);
    const failed = open();
    failed.push('data: a\n\n');
    failed.events.fail(new Error('gone'));
    failed.start();
    expect(failed.heard).toEqual(['a', 'flush', 'error UPSTREAM_TIMEOUT']);
  });

  test('are translated to none or many, and to a last one at the end', () => {
    const { heard, start, push, events } = open(twice);
    start();
    push('data: a\n\ndata: silent\n\n');
    events.end();
    expect(heard).toEqual(['a1', 'a2', 'flush', 'last', 'flush', 'end']);
  });

  test.each([
    ['wrong', 'error overloaded'],
    ['odd', 'error INTERNAL_ERROR'],
  ])('that cannot be translated (%s) stop the upstream, told once', (event, told) => {
    const { heard, start, push, events, calls } = open(twice);
    start();
    push(`data: a\n\ndata: ${event}\n\ndata: b\n\n`);
    push('data: c\n\n');
    events.end();
    events.fail(new Error('aborted'));
    expect([heard, calls]).toEqual([['a1', 'a2', told], ['abort']]);
  });

  test('are over when the listener has had enough, even in the middle of a piece or at the end', () => {
    const middle = open(twice);
    middle.start((data) => {
      if (data === 'a1') middle.events.abort();
    });
    middle.push('data: a\n\ndata: b\n\n');
    middle.events.end();
    expect(middle.heard.filter((entry) => entry !== 'flush')).toEqual(['a1']);
    const last = open(twice);
    last.start((data) => {
      if (data === 'last') last.events.abort();
    });
    last.events.end();
    expect([last.heard, last.calls]).toEqual([['last'], ['abort']]);
  });
});
