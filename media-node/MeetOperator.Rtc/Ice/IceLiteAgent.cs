using System.Text;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The lite side (RFC 8445 §2.5): one host candidate, answers checks, is always controlled. What does not authenticate
/// is dropped without an answer, so a spoofed source gets nothing to amplify. A check can be the peer's own under a forged source, so what its
/// address gets is bounded until more came from it (<see cref="IcePath"/>), and media does not leave for it (<see cref="PathChoice"/>).
/// </summary>
internal sealed class IceLiteAgent(IceCredentials local, long consentTimeoutTicks = 30 * TimeSpan.TicksPerSecond) : IIceAgent
{
    private const int RoleConflict = 487;
    private const int UnknownAttribute = 420;

    private readonly IcePaths paths = new();
    private readonly SeenChecks seen = new();
    private Known current = new(Encoding.ASCII.GetBytes(local.Ufrag), Encoding.ASCII.GetBytes(local.Password));

    /// <summary>Before a restart; good until the peer uses the new ones.</summary>
    private Known? previous;
    private IcePath? selected;

    public TransportAddress? Selected => selected?.Address;

    public long LastConsentTicks => selected?.ConsentTicks ?? long.MinValue;

    public long Allowance => selected?.Allowance ?? 0;

    public bool FollowsMedia => true;

    /// <summary>A lite agent starts nothing.</summary>
    public long NextTimeoutTicks => long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate) =>
        current = current with { RemoteUfrag = Encoding.ASCII.GetBytes(credentials.Ufrag) };

    public void Restart(IceCredentials local) =>
        (previous, current) = (current, new Known(Encoding.ASCII.GetBytes(local.Ufrag), Encoding.ASCII.GetBytes(local.Password)));

    public bool IsValidated(in TransportAddress address) => paths.Find(address) is not null;

    public bool IsHeld(long nowTicks, in TransportAddress address) =>
        paths.Find(address) is { Proven: true } path && nowTicks - path.LastHeardTicks <= PathChoice.StaleTicks;

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

        if (seen.Take(message.TransactionId, from) is { } before)
        {
            return HandleAgain(from, before, datagram.Length, message, known, outgoing);
        }

        Renew(known);
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

        var path = paths.FindOrAdd(nowTicks, from, selected);
        path.CountReceived(datagram.Length);
        path.ConsentTicks = path.LastHeardTicks = nowTicks;
        path.Priority = message.Priority;
        if (message.UseCandidate)
        {
            path.Nominated = true;
            path.LastActiveTicks = nowTicks;
        }

        Consider(nowTicks, path, message.UseCandidate ? PathSign.Nomination : PathSign.Check);
        RespondSuccess(from, message, known, outgoing);
        return DropReason.None;
    }

    public void CountReceived(in TransportAddress from, int bytes) => paths.Find(from)?.CountReceived(bytes);

    public void Prove(long nowTicks, in TransportAddress from, bool isNewest)
    {
        // A packet that is older than others may be one that was lost, kept, and sent again by somebody else.
        var path = selected is { } current && current.Address == from ? current
            : isNewest ? paths.FindOrAdd(nowTicks, from, selected)
            : null;
        if (path is null)
        {
            return;
        }

        path.LastHeardTicks = path.LastActiveTicks = nowTicks;
        if (isNewest)
        {
            path.Proven = true;
            Consider(nowTicks, path, PathSign.Media);
        }
    }

    public bool TrySpend(int bytes) => selected is { } path && path.TrySpend(bytes);

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
        if (selected is { } path && nowTicks - path.ConsentTicks >= consentTimeoutTicks)
        {
            selected = paths.Best(nowTicks - consentTimeoutTicks) ?? selected;
        }
    }

    /// <summary>
    /// A check that came before. The client repeats one from where it sent it, and wants its answer again; from elsewhere it is a copy. Neither
    /// says that the peer is there now.
    /// </summary>
    private DropReason HandleAgain(
        in TransportAddress from, in TransportAddress before, int datagramLength, scoped in StunMessage message, Known known, OutgoingDatagrams outgoing)
    {
        if (from != before)
        {
            return DropReason.StunReplay;
        }

        paths.Find(from)?.CountReceived(datagramLength);
        RespondSuccess(from, message, known, outgoing);
        return DropReason.None;
    }

    /// <summary>The first check under new credentials ends the old ones, and what was nominated under them.</summary>
    private void Renew(Known known)
    {
        if (previous is not null && ReferenceEquals(known, current))
        {
            previous = null;
            paths.ForgetNominations();
        }
    }

    private void Consider(long nowTicks, IcePath path, PathSign sign)
    {
        if (PathChoice.Moves(nowTicks, selected, path, sign))
        {
            selected = path;
        }
    }

    private void RespondSuccess(in TransportAddress from, scoped in StunMessage request, Known known, OutgoingDatagrams outgoing)
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
        paths.Find(from)?.CountSent(writer.Length);
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
