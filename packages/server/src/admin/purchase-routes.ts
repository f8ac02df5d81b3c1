import { pageOf } from '@turnpike/contract/pagination';
import { purchase, purchasesQuery } from '@turnpike/contract/purchases';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { PurchaseStore } from '../purchases/store.ts';
import { toPage } from './page.ts';

/** GET /admin/v1/purchases: what has been bought, as Stripe told it. */
export function purchaseRoutes(purchases: PurchaseStore): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/purchases',
      operationId: 'listPurchases',
      summary: 'Purchases, the newest first',
      tag: 'admin',
      security: 'admin',
      query: purchasesQuery,
      responses: { 200: { description: 'A page of purchases', schema: pageOf(purchase) } },
      handle: async ({ query: { tenant: tenantId, after, limit } }) => {
        const rows = await purchases.list({ tenantId, after, limit });
        const page = toPage(
          rows,
          limit,
          ({ id }) => id,
          (row) => ({
            ...{ id: row.id, kind: row.kind, status: row.status, tenant_id: row.tenantId, customer_id: row.customerId },
            ...{ amount: row.amount, currency: row.currency, description: row.description },
            created_at: row.createdAt.toISOString(),
            updated_at: row.updatedAt.toISOString(),
          }),
        );
        return { status: 200, body: page };
      },
    }),
  ];
}
