/** The HTTP requests of a standard WHIP and WHEP client. */
export class WhipHttp {
  constructor(product, meetingId) {
    Object.assign(this, { product, meetingId });
  }

  /** Joins the meeting: returns a ticket and a participant ID. */
  async join(displayName, region = undefined) {
    const response = await fetch(`${this.product.url}/meetings/${this.meetingId}/join`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ displayName, region }),
    });
    if (response.status !== 200) throw new Error(`join responded with ${response.status}: ${await response.text()}`);
    return response.json();
  }

  post(path, ticket, sdp, type = 'application/sdp') {
    return fetch(`${this.product.url}/meetings/${this.meetingId}/${path}`, { method: 'POST', headers: { 'content-type': type, authorization: `Bearer ${ticket}` }, body: sdp });
  }

  /** Opens a session: returns the SDP answer, its content type and the session URL. On failure, the error has `status` and `retryAfter` (seconds). */
  async open(path, ticket, sdp) {
    const response = await this.post(path, ticket, sdp);
    const text = await response.text();
    if (response.status !== 201) {
      throw Object.assign(new Error(`POST ${path} responded with ${response.status}: ${text}`), { status: response.status, retryAfter: Number(response.headers.get('retry-after')) });
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
