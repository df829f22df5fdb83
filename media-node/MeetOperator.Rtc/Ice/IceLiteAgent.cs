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

    private readonly byte[] localUfrag = Encoding.ASCII.GetBytes(local.Ufrag);
    private readonly byte[] localPassword = Encoding.ASCII.GetBytes(local.Password);
    private readonly ValidatedAddresses validated = new();
    private byte[]? remoteUfrag;
    private bool nominated;

    public TransportAddress? Selected { get; private set; }

    public long LastConsentTicks { get; private set; } = long.MinValue;

    /// <summary>A lite agent starts nothing.</summary>
    public long NextTimeoutTicks => long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate) =>
        remoteUfrag = Encoding.ASCII.GetBytes(credentials.Ufrag);

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

        if (!IsForUs(message.Username))
        {
            return DropReason.StunUsername;
        }

        if (!message.VerifyIntegrity(localPassword))
        {
            return DropReason.StunIntegrity;
        }

        if (message.UnknownRequiredAttribute != 0)
        {
            RespondError(from, message, UnknownAttribute, "Unknown Attribute"u8, outgoing);
            return DropReason.None;
        }

        if (message.HasIceControlled)
        {
            // §7.3.1.1: the peer has to take the controlling role, a lite agent never does.
            RespondError(from, message, RoleConflict, "Role Conflict"u8, outgoing);
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

        RespondSuccess(from, message, outgoing);
        return DropReason.None;
    }

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
    }

    /// <summary>USERNAME is our fragment, a colon and the peer's (§7.2.2). Before signaling told us the peer's, any will do.</summary>
    private bool IsForUs(ReadOnlySpan<byte> username) =>
        username.Length > localUfrag.Length
        && username.StartsWith(localUfrag)
        && username[localUfrag.Length] == (byte)':'
        && (remoteUfrag is null || username[(localUfrag.Length + 1)..].SequenceEqual(remoteUfrag));

    private void RespondSuccess(in TransportAddress from, scoped in StunMessage request, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty)
        {
            return;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddIntegrity(localPassword);
        writer.AddFingerprint();
        outgoing.Commit(from, writer.Length);
    }

    private void RespondError(
        in TransportAddress from, scoped in StunMessage request, int code, ReadOnlySpan<byte> reason, OutgoingDatagrams outgoing)
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

        writer.AddIntegrity(localPassword);
        writer.AddFingerprint();
        outgoing.Commit(from, writer.Length);
    }
}
