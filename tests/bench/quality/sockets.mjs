/** Stands between a page and signaling. `restart` makes the server open a new media session while the former one still works, as a move to another node does. Call before the page opens. */
export async function interceptSockets(visitor) {
  let live = null;
  let isRestarting = false;
  await visitor.page.routeWebSocket(url => url.pathname.startsWith('/meetings/'), page => {
    const server = page.connectToServer();
    live = { page, server };
    page.onMessage(message => {
      const parsed = JSON.parse(message);
      if (!isRestarting || parsed.type !== 'join') return server.send(message);
      isRestarting = false;
      server.send(JSON.stringify({ ...parsed, capabilities: { ...parsed.capabilities, resume: false } }));
    });
    page.onClose((code, reason) => void server.close({ code, reason }));
    server.onClose((code, reason) => void page.close({ code, reason }));
  });
  return {
    restart: async () => {
      isRestarting = true;
      await live.server.close({ code: 3000 });
      await live.page.close({ code: 1011 });
    },
  };
}
