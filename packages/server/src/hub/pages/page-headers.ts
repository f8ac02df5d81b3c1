import { markdownPath } from './page.ts';

/** Nothing from elsewhere, nothing inline. */
export const strictPolicy =
  "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

/** Scalar writes its own style element and keeps pictures in its style sheet; scripts stay as strict. */
export const referencePolicy = `${strictPolicy}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'`;

/** What a page is linked to (RFC 8288), for those who read headers only. */
export function linkHeader(publicUrl: string, path: string | undefined): string {
  const own =
    path === undefined
      ? []
      : [
          `<${publicUrl}${path}>; rel="canonical"`,
          `<${publicUrl}${markdownPath(path)}>; rel="alternate"; type="text/markdown"`,
        ];
  return [
    ...own,
    `<${publicUrl}/llms.txt>; rel="describedby"; type="text/plain"`,
    `<${publicUrl}/openapi.json>; rel="service-desc"; type="application/vnd.oai.openapi+json"`,
    `<${publicUrl}/developers>; rel="service-doc"; type="text/html"`,
    `<${publicUrl}/.well-known/api-catalog>; rel="api-catalog"; type="application/linkset+json"`,
    `<${publicUrl}/.well-known/health>; rel="status"; type="application/health+json"`,
    `<${publicUrl}/sitemap.xml>; rel="sitemap"; type="application/xml"`,
  ].join(', ');
}

export const secureHeaders = {
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
} as const;
