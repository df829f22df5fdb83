/** The HTTP half of WHIP and WHEP as any standard client does it, against the running product. */
export class WhipHttp {
  constructor(product, meetingId) {
    Object.assign(this, { product, meetingId });
  }

  /** A ticket and a participant id, as anybody gets them who has the link. */
  async join(displayName) {
    const response = await fetch(`${this.product.url}/meetings/${this.meetingId}/join`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ displayName }),
    });
    if (response.status !== 200) throw new Error(`join answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  post(path, ticket, sdp, type = 'application/sdp') {
    return fetch(`${this.product.url}/meetings/${this.meetingId}/${path}`, { method: 'POST', headers: { 'content-type': type, authorization: `Bearer ${ticket}` }, body: sdp });
  }

  /** Opens a session; the answer and where it is ended. A refusal's `status` and `retryAfter` (seconds) are on the error. */
  async open(path, ticket, sdp) {
    const response = await this.post(path, ticket, sdp);
    const text = await response.text();
    if (response.status !== 201) {
      throw Object.assign(new Error(`POST ${path} answered ${response.status}: ${text}`), { status: response.status, retryAfter: Number(response.headers.get('retry-after')) });
    }
    return { answer: text, type: response.headers.get('content-type'), location: new URL(response.headers.get('location'), response.url).href };
  }

  end(location, ticket) {
    return fetch(location, { method: 'DELETE', headers: { authorization: `Bearer ${ticket}` } });
  }

  async participants() {
    const response = await fetch(`${this.product.url}/meetings/${this.meetingId}`);
    return (await response.json()).participants;
  }
}
