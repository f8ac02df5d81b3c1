import type { Clock } from '../clock.ts';
import type { AppError } from '../errors.ts';
import type { Place } from './concurrency-gate.ts';
import { speaksAgainstTarget } from './failure.ts';
import type { Lane, Routed } from './router.ts';

/** A call whose answer has begun. Its place is given back exactly once. */
export class RoutedCall<Answer> implements Routed<Answer> {
  readonly answer: Answer;
  readonly #lane: Lane;
  readonly #place: Place | undefined;
  readonly #clock: Clock;
  #isOver = false;

  constructor(answer: Answer, lane: Lane, place: Place | undefined, clock: Clock) {
    this.answer = answer;
    this.#lane = lane;
    this.#place = place;
    this.#clock = clock;
  }

  finish(outcome: 'completed' | 'failed' | 'cancelled', error?: AppError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lane.inFlight -= 1;
    this.#place?.release();
    const { circuit } = this.#lane;
    if (outcome === 'completed') circuit.completed();
    else if (outcome === 'failed' && (error === undefined || speaksAgainstTarget(error)))
      circuit.brokeOff(this.#clock.now());
  }
}
