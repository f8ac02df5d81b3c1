import type { Catalogues } from '../../catalogues/catalogues.ts';
import type { Brand } from './brand.ts';
import type { PageInfo } from './page.ts';
import type { PageText } from './page-source.ts';

export interface StructuredDataInput {
  readonly brand: Brand;
  readonly publicUrl: string;
  readonly catalogues: Catalogues;
  readonly page: { readonly path: string; readonly text: PageText };
  /** From the home page down to this one. */
  readonly trail: readonly Pick<PageInfo, 'path' | 'title'>[];
  readonly extra: readonly object[];
}

/** `Street 1, 12345 Town, Country` in its parts; any other form as one. */
function postalAddress(address: string): object {
  const parts = /^(.+), ([A-Z-]*\d{4,6}) ([^,]+), (.+)$/.exec(address);
  if (parts === null) return { '@type': 'PostalAddress', streetAddress: address };
  const [, streetAddress, postalCode, addressLocality, addressCountry] = parts;
  return { '@type': 'PostalAddress', streetAddress, postalCode, addressLocality, addressCountry };
}

function organization({ brand, publicUrl, catalogues: { site, company } }: StructuredDataInput): object {
  const elsewhere = [company?.website, ...Object.values(site.subdomains ?? {})].filter((url) => url !== undefined);
  const languages = site.languages ?? ['en'];
  return {
    '@type': 'Organization',
    '@id': `${publicUrl}/#organization`,
    name: company?.name ?? brand.name,
    alternateName: brand.name,
    url: `${publicUrl}/`,
    description: brand.description,
    logo: `${publicUrl}/assets/social.png`,
    ...(company?.address === undefined ? {} : { address: postalAddress(company.address) }),
    ...(company?.register === undefined ? {} : { identifier: company.register }),
    ...(company?.email === undefined ? {} : { email: company.email }),
    contactPoint: {
      '@type': 'ContactPoint',
      contactType: 'customer support',
      url: `${publicUrl}/contact`,
      ...(company?.email === undefined ? {} : { email: company.email }),
      availableLanguage: languages,
    },
    ...(elsewhere.length === 0 ? {} : { sameAs: [...new Set(elsewhere)] }),
  };
}

/** The JSON-LD of a page: who runs the site, the site, where the page stands, and what it says itself. */
export function structuredData(input: StructuredDataInput): string {
  const { brand, publicUrl, page, trail, extra } = input;
  const url = `${publicUrl}${page.path}`;
  const graph = [
    organization(input),
    {
      '@type': 'WebSite',
      '@id': `${publicUrl}/#website`,
      name: brand.name,
      url: `${publicUrl}/`,
      description: brand.description,
      publisher: { '@id': `${publicUrl}/#organization` },
    },
    {
      '@type': page.path.startsWith('/developers/') ? 'TechArticle' : 'WebPage',
      '@id': `${url}#page`,
      url,
      name: page.text.title,
      ...(page.path.startsWith('/developers/') ? { headline: page.text.title } : {}),
      description: page.text.description,
      inLanguage: page.text.language,
      dateModified: page.text.updatedAt.toISOString().slice(0, 10),
      isPartOf: { '@id': `${publicUrl}/#website` },
      publisher: { '@id': `${publicUrl}/#organization` },
    },
    {
      '@type': 'BreadcrumbList',
      itemListElement: trail.map(({ path, title }, index) => ({
        '@type': 'ListItem',
        position: index + 1,
        name: title,
        item: `${publicUrl}${path}`,
      })),
    },
    ...extra,
  ];
  // A text must not be able to end the script element it stands in.
  return JSON.stringify({ '@context': 'https://schema.org', '@graph': graph }).replaceAll('<', '\\u003c');
}
