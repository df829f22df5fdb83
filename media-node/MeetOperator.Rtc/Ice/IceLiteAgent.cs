using System.Text;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The lite side (RFC 8445 §2.5): one host candidate, answers checks, is always controlled. What does not authenticate
/// is dropped without an answer, so a spoofed source gets nothing to amplify.
/// </summary>
internal sealed class IceLiteAgent(IceCredentials local) : IIceAgent
{
    private const int RoleConflict = 487;
    private const int UnknownAttribute = 420;

    private readonly ValidatedAddresses validated = new();
    private Known current = new(Encoding.ASCII.GetBytes(local.Ufrag), Encoding.ASCII.GetBytes(local.Password));

    /// <summary>Before a restart; good until the peer uses the new ones.</summary>
    private Known? previous;
    private bool nominated;

    public TransportAddress? Selected { get; private set; }

    public long LastConsentTicks { get; private set; } = long.MinValue;

    /// <summary>A lite agent starts nothing.</summary>
    public long NextTimeoutTicks => long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate) =>
        current = current with { RemoteUfrag = Encoding.ASCII.GetBytes(credentials.Ufrag) };

    public void Restart(IceCredentials local) =>
        (previous, current) = (current, new Known(Encoding.ASCII.GetBytes(local.Ufrag), Encoding.ASCII.GetBytes(local.Password)));

    public bool IsValidated(in TransportAddress address) => validated.Contains(address);

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing)
    {
        if (!StunMessage.TryParse(datagram, out var message) || !message.VerifyFingerprint())
        {
            return DropReason.StunMalformed;
        }

        if (message.Type != StunMessageType.BindingRequest)
        {
            return DropReason.StunUnexpected;
        }

        var known = current.Matches(message.Username) ? current : previous;
        if (known is null || !known.Matches(message.Username))
        {
            return DropReason.StunUsername;
        }

        if (!message.VerifyIntegrity(known.Password))
        {
            return DropReason.StunIntegrity;
        }

        previous = ReferenceEquals(known, current) ? null : previous;
        if (message.UnknownRequiredAttribute != 0)
        {
            RespondError(from, message, known, UnknownAttribute, "Unknown Attribute"u8, outgoing);
            return DropReason.None;
        }

        if (message.HasIceControlled)
        {
            // §7.3.1.1: the peer has to take the controlling role, a lite agent never does.
            RespondError(from, message, known, RoleConflict, "Role Conflict"u8, outgoing);
            return DropReason.None;
        }

        validated.Add(nowTicks, from, Selected);
        LastConsentTicks = nowTicks;
        if (message.UseCandidate)
        {
            nominated = true;
            Selected = from;
        }
        else if (!nominated)
        {
            Selected ??= from;
        }

        RespondSuccess(from, message, known, outgoing);
        return DropReason.None;
    }

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
    }

    private static void RespondSuccess(in TransportAddress from, scoped in StunMessage request, Known known, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty)
        {
            return;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddIntegrity(known.Password);
        writer.AddFingerprint();
        outgoing.Commit(from, writer.Length);
    }

    private static void RespondError(
        in TransportAddress from, scoped in StunMessage request, Known known, int code, ReadOnlySpan<byte> reason, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty)
        {
            return;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingError, request.TransactionId);
        writer.AddErrorCode(code, reason);
        if (request.UnknownRequiredAttribute != 0)
        {
            writer.AddUnknownAttribute(request.UnknownRequiredAttribute);
        }

        writer.AddIntegrity(known.Password);
        writer.AddFingerprint();
        outgoing.Commit(from, writer.Length);
    }

    /// <summary>Our credentials, and the peer's fragment once signaling told it.</summary>
    private sealed record Known(byte[] Ufrag, byte[] Password)
    {
        public byte[]? RemoteUfrag { get; init; }

        /// <summary>USERNAME is our fragment, a colon and the peer's (§7.2.2). Before signaling told us the peer's, any will do.</summary>
        public bool Matches(ReadOnlySpan<byte> username) =>
            username.Length > Ufrag.Length
            && username.StartsWith(Ufrag)
            && username[Ufrag.Length] == (byte)':'
            && (RemoteUfrag is null || username[(Ufrag.Length + 1)..].SequenceEqual(RemoteUfrag));
    }
}
