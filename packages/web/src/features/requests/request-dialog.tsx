import { useQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Figure, Figures } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { asCurl } from './as-curl.ts';
import { texts } from './texts.ts';

function Bodies({ id, surface }: { readonly id: string; readonly surface: string }) {
  const text = useTexts(texts);
  const { public_url: url } = useSettings();
  const bodies = useQuery({
    queryKey: ['bodies', id],
    queryFn: () => done(api.GET('/account/v1/usage/events/{id}/bodies', { params: { path: { id } } })),
  });
  if (bodies.error !== null) return <ErrorNote error={bodies.error} />;
  if (bodies.data === undefined) return <Skeleton label={text.bodies} />;
  const { request, answer } = bodies.data;
  if (request === null || request === undefined) return <p>{text.notKept}</p>;
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
        { id: 'curl', title: text.curl, content: <CodeBlock code={asCurl(url, surface, request)} label={text.curl} /> },
      ]}
    />
  );
}

/** One request with all that is known of it. */
export function RequestDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const may = useMay();
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
            <code>{data.key_id}</code>
            {data.error_code === null ? null : (
              <>
                {' · '}
                {text.code}: <code>{data.error_code}</code>
              </>
            )}
          </p>
          {may('content:read') ? <Bodies id={id} surface={data.surface} /> : null}
        </>
      )}
    </Dialog>
  );
}
