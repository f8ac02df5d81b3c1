import { useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Figure, Figures } from '../../ui/card.tsx';
import { CodeBlock, CopyButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useKeyNames } from '../keys/key-names.ts';
import { asCurl } from './as-curl.ts';
import { texts } from './texts.ts';

type LoggedRequest = Schema<'OwnUsageEvent'>;

/** The same request for the terminal. @param body undefined: it was not kept */
function Curl({ event, body }: { readonly event: LoggedRequest; readonly body?: unknown }) {
  const text = useTexts(texts);
  const { public_url: url } = useSettings();
  const { surface, model } = event;
  const command = asCurl(url, { surface, model, body }, text.bodyHere);
  return command === undefined ? null : <CodeBlock code={command} label={text.curl} />;
}

function Bodies({ event }: { readonly event: LoggedRequest }) {
  const text = useTexts(texts);
  const { id } = event;
  const bodies = useQuery({
    queryKey: ['bodies', id],
    queryFn: () => done(api.GET('/account/v1/usage/events/{id}/bodies', { params: { path: { id } } })),
  });
  if (bodies.error !== null) return <ErrorNote error={bodies.error} />;
  if (bodies.data === undefined) return <Skeleton label={text.bodies} />;
  const { request, answer } = bodies.data;
  if (request === null || request === undefined) return <Unkept event={event} />;
  return (
    <Tabs
      label={text.bodies}
      tabs={[
        {
          id: 'request',
          title: text.request,
          content: <CodeBlock code={JSON.stringify(request, null, 2)} label={text.request} />,
        },
        { id: 'answer', title: text.answer, content: <CodeBlock code={answer ?? ''} label={text.answer} /> },
        { id: 'curl', title: text.curl, content: <Curl event={event} body={request} /> },
      ]}
    />
  );
}

function Unkept({ event }: { readonly event: LoggedRequest }) {
  const text = useTexts(texts);
  return (
    <>
      <p>{text.notKept}</p>
      <h3>{text.curl}</h3>
      <Curl event={event} />
    </>
  );
}

/** One request with all that is known of it. */
export function RequestDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const may = useMay();
  const names = useKeyNames();
  const event = useQuery({
    queryKey: ['request', id],
    queryFn: () => done(api.GET('/account/v1/usage/events/{id}', { params: { path: { id } } })),
  });
  const { data } = event;
  return (
    <Dialog isOpen onClose={onClose} title={text.one} size="wide">
      {event.error !== null ? <ErrorNote error={event.error} /> : null}
      {data === undefined ? (
        <Skeleton label={text.loading} />
      ) : (
        <>
          <CodeBlock code={data.request_id} label={text.id} />
          <div className="row">
            <CopyButton value={`${window.location.origin}/console/requests?request=${id}`} label={text.copyLink} />
          </div>
          <Figures>
            <Figure label={text.prompt} value={formats.count(data.prompt_tokens)} />
            <Figure label={text.completion} value={formats.count(data.completion_tokens)} />
            <Figure label={text.cost} value={formats.money(data.cost, data.currency)} />
            <Figure label={text.took} value={formats.milliseconds(data.duration_ms)} />
            {data.first_byte_ms === null ? null : (
              <Figure label={text.firstByte} value={formats.milliseconds(data.first_byte_ms)} />
            )}
          </Figures>
          <p>
            {text.model}: <code>{data.model}</code> · {text.surface}: {data.surface} · {text.key}:{' '}
            {names.get(data.key_id) ?? <code>{data.key_id}</code>}
            {data.error_code === null ? null : (
              <>
                {' · '}
                {text.code}: <code>{data.error_code}</code>
              </>
            )}
          </p>
          {may('content:read') ? <Bodies event={data} /> : <Curl event={data} />}
        </>
      )}
    </Dialog>
  );
}
