namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>The steps of a check of a relay, in their order.</summary>
internal enum TurnStep
{
    /// <summary>The pool has a relay.</summary>
    Endpoints,

    /// <summary>The name in the URL has an address.</summary>
    Resolve,

    /// <summary>The TCP connection opens.</summary>
    Connect,

    /// <summary>The TLS handshake works, and browsers accept the certificate.</summary>
    Tls,

    /// <summary>The relay answers a request without credentials, with its realm.</summary>
    Answer,

    /// <summary>There is a secret to make a credential with.</summary>
    Credential,

    /// <summary>The relay accepts the credential and allocates an address.</summary>
    Allocate,

    /// <summary>The relay forwards to a media node.</summary>
    Permit,

    /// <summary>A packet goes to the media node through the relay, and one comes back.</summary>
    Relay,

    /// <summary>All of it works.</summary>
    Done,
}
