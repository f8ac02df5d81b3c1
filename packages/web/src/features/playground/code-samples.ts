import type { ChatRequest } from '../../api/chat-request.ts';
import { goProgram } from './samples/go-program.ts';
import { pythonProgram } from './samples/python-program.ts';
import { shellCommand } from './samples/shell-command.ts';
import { typescriptProgram } from './samples/typescript-program.ts';

/** The same request as a program would make it. @param url of the server */
export function codeSamples(
  url: string,
  request: ChatRequest,
): readonly { readonly id: string; readonly title: string; readonly code: string }[] {
  return [
    { id: 'curl', title: 'curl', code: shellCommand(url, request) },
    { id: 'typescript', title: 'TypeScript', code: typescriptProgram(url, request) },
    { id: 'python', title: 'Python', code: pythonProgram(url, request) },
    { id: 'go', title: 'Go', code: goProgram(url, request) },
  ];
}
