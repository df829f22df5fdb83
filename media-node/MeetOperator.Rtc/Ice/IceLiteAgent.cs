using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The lite side (RFC 8445 §2.5): one host candidate, answers checks, is always controlled. What does not authenticate
/// is dropped without an answer, so a spoofed source gets nothing to amplify. Checks and media can be the peer's own under a forged source, so what
/// their address gets is bounded until the peer shows that it can read there (<see cref="IcePath"/>), and media does not leave for it
/// (<see cref="PathChoice"/>). Once the handshake is over the agent asks for that with checks of its own (<see cref="PathQuestion"/>), which a lite
/// agent need not send and every peer answers.
/// </summary>
internal sealed class IceLiteAgent(IceCredentials local, Random random, long consentTimeoutTicks = 30 * TimeSpan.TicksPerSecond) : IIceAgent
{
    private const int RoleConflict = 487;
    private const int UnknownAttribute = 420;

    /// <summary>110 &lt;&lt; 24 | 65535 &lt;&lt; 8 | 255: a peer-reflexive candidate of component 1 (RFC 8445 §5.1.2.1).</summary>
    private const uint CheckPriority = 0x6EFFFFFF;

    /// <summary>Checks to other addresses than the selected one: four at once, and four a second.</summary>
    private const int ElsewherePerSecond = 4;

    /// <summary>
    /// Checks of the peer: a client that tries many pairs sends 50 a second (RFC 8445 §14.2). What is more is dropped before it costs a hash. Those from
    /// addresses that are proved are counted by themselves, so that a flood from elsewhere leaves the peer's own answered.
    /// </summary>
    private const int ChecksPerSecond = 200;

    /// <summary>
    /// DTLS datagrams: a handshake with a chain of certificates is some 20, its repetitions included some 100, and after it there is only the goodbye.
    /// Counted like checks.
    /// </summary>
    private const int DtlsPerSecond = 100;

    private readonly IcePaths paths = new(consentTimeoutTicks);
    private readonly SeenChecks seen = new();
    private readonly ulong tieBreaker = (ulong)random.NextInt64();
    private KnownCredentials current = new(local);

    /// <summary>Before a restart; good until the peer uses the new ones.</summary>
    private KnownCredentials? previous;
    private IcePath? selected;
    private bool isEstablished;
    private RateLimit elsewhere = new(ElsewherePerSecond);
    private RateLimit checks = new(ChecksPerSecond);
    private RateLimit provenChecks = new(ChecksPerSecond);
    private RateLimit dtls = new(DtlsPerSecond);
    private RateLimit provenDtls = new(DtlsPerSecond);

    public TransportAddress? Selected => selected?.Address;

    public long LastConsentTicks => selected?.ConsentTicks ?? long.MinValue;

    public long Allowance => selected?.Allowance ?? 0;

    public bool FollowsMedia => true;

    /// <summary>The next check of the selected address, or the end of its proof.</summary>
    public long NextTimeoutTicks => isEstablished && selected is { } path
        ? Math.Min(
            MayGetCheck(path) && path.Question.DueTicks < path.ConsentTicks + consentTimeoutTicks ? path.Question.DueTicks : long.MaxValue,
            path.Proven ? path.ProvenTicks + consentTimeoutTicks : long.MaxValue)
        : long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate) => current.SetRemote(credentials);

    public void Restart(IceCredentials local) => (previous, current) = (current, new KnownCredentials(local));

    public bool IsValidated(in TransportAddress address) => paths.Find(address) is not null;

    public bool IsHeld(long nowTicks, in TransportAddress address) =>
        paths.Find(address) is { Proven: true } path && nowTicks - path.LastHeardTicks <= PathChoice.StaleTicks;

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing)
    {
        if (!StunMessage.TryParse(datagram, out var message))
        {
            return DropReason.StunMalformed;
        }

        if (message.Type == StunMessageType.BindingRequest && !(paths.Find(from) is { Proven: true } ? provenChecks.TryTake(nowTicks) : checks.TryTake(nowTicks)))
        {
            return DropReason.StunRate;
        }

        if (!message.VerifyFingerprint())
        {
            return DropReason.StunMalformed;
        }

        paths.Expire(nowTicks);
        return message.Type switch
        {
            StunMessageType.BindingRequest => HandleCheck(nowTicks, from, datagram.Length, message, outgoing),
            StunMessageType.BindingSuccess => HandleAnswer(nowTicks, from, message),
            _ => DropReason.StunUnexpected,
        };
    }

    public bool TakesDtls(long nowTicks, in TransportAddress from) =>
        paths.Find(from) is { Proven: true } ? provenDtls.TryTake(nowTicks) : dtls.TryTake(nowTicks);

    public void CountReceived(in TransportAddress from, int bytes) => paths.Find(from)?.CountReceived(bytes);

    public void OnEstablished(long nowTicks, TransportAddress? proven)
    {
        isEstablished = true;
        if (proven is { } address && paths.Find(address) is { } path)
        {
            path.Prove(nowTicks, random);
            Consider(nowTicks, path, PathSign.Media);
        }
    }

    public bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing)
    {
        if (selected is { Proven: true } path && path.Address == from)
        {
            path.LastHeardTicks = path.LastActiveTicks = nowTicks;
            return false;
        }

        return OnMediaWithoutProof(nowTicks, from, bytes, isNewest, outgoing);
    }

    public bool TrySpend(int bytes) => selected is { } path && path.TrySpend(bytes);

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
        paths.Expire(nowTicks);
        if (selected is not { } path)
        {
            return;
        }

        if (!HasConsent(nowTicks, path))
        {
            selected = path = paths.Best(nowTicks) ?? path;
        }

        if (HasConsent(nowTicks, path))
        {
            Ask(nowTicks, path, PathSign.Check, outgoing);
        }
    }

    private bool HasConsent(long nowTicks, IcePath path) => nowTicks - path.ConsentTicks < consentTimeoutTicks;

    private DropReason HandleCheck(long nowTicks, in TransportAddress from, int datagramLength, scoped in StunMessage message, OutgoingDatagrams outgoing)
    {
        var known = current.Matches(message.Username) ? current : previous;
        if (known is null || !known.Matches(message.Username))
        {
            return DropReason.StunUsername;
        }

        if (!message.VerifyIntegrity(known.LocalPassword))
        {
            return DropReason.StunIntegrity;
        }

        var before = seen.Take(message.TransactionId, from);
        if (before is { } other && other != from)
        {
            // The client repeats a check from where it sent it; from elsewhere it is somebody's copy.
            return DropReason.StunReplay;
        }

        if (TryRefuse(from, message, known, outgoing))
        {
            return DropReason.None;
        }

        if (before is not null)
        {
            // Our answer was lost. The repetition says nothing of where the peer is now.
            paths.Find(from)?.CountReceived(datagramLength);
            RespondSuccess(from, message, known, outgoing);
            return DropReason.None;
        }

        Renew(known);
        var path = paths.FindOrAdd(nowTicks, from, selected);
        path.CountReceived(datagramLength);
        path.Credentials = known;
        path.ConsentTicks = path.LastHeardTicks = nowTicks;
        path.Priority = message.Priority;
        if (message.UseCandidate)
        {
            path.Nominated = true;
            path.LastActiveTicks = nowTicks;
        }

        var sign = message.UseCandidate ? PathSign.Nomination : PathSign.Check;
        Consider(nowTicks, path, sign);
        RespondSuccess(from, message, known, outgoing);
        Ask(nowTicks, path, sign, outgoing);
        return DropReason.None;
    }

    /// <summary>Answers a check that cannot be accepted with an error, and each retransmission of it with the same error. False when it can be accepted.</summary>
    private static bool TryRefuse(in TransportAddress from, scoped in StunMessage message, KnownCredentials known, OutgoingDatagrams outgoing)
    {
        if (message.UnknownRequiredAttribute != 0)
        {
            RespondError(from, message, known, UnknownAttribute, "Unknown Attribute"u8, outgoing);
            return true;
        }

        if (message.HasIceControlled)
        {
            // §7.3.1.1: the peer has to take the controlling role, a lite agent never does.
            RespondError(from, message, known, RoleConflict, "Role Conflict"u8, outgoing);
            return true;
        }

        return false;
    }

    /// <summary>Who answers our check got it, and so can read where it went.</summary>
    private DropReason HandleAnswer(long nowTicks, in TransportAddress from, scoped in StunMessage message)
    {
        if (paths.Find(from) is not { } path || !path.Question.IsAnsweredBy(message))
        {
            return DropReason.StunUnexpected;
        }

        if (!path.Question.Verifies(message))
        {
            return DropReason.StunIntegrity;
        }

        path.ConsentTicks = path.LastHeardTicks = nowTicks;
        path.Prove(nowTicks, random);
        Consider(nowTicks, path, path.Question.Sign);
        return DropReason.None;
    }

    /// <summary>Media from another address than the selected one, or from that while it is not proved. True when there is something to send or time to keep.</summary>
    private bool OnMediaWithoutProof(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing)
    {
        // A packet that is older than others may be one that was lost, kept, and sent again by somebody else.
        var path = paths.Find(from);
        if (!isNewest && path != selected)
        {
            return false;
        }

        var isNew = path is null;
        if (isNew && !elsewhere.TryTake(nowTicks))
        {
            return false;
        }

        path ??= paths.FindOrAdd(nowTicks, from, selected);
        path.LastHeardTicks = path.LastActiveTicks = nowTicks;
        if (isNewest)
        {
            path.Credentials ??= selected?.Credentials;
            path.CountReceived(bytes);
            if (HasConsent(nowTicks, path))
            {
                Consider(nowTicks, path, PathSign.Media);
            }

            Ask(nowTicks, path, PathSign.Media, outgoing, isCounted: isNew);
        }

        return true;
    }

    /// <summary>Sends a check of our own when one is due and the address may get that much. One that cannot be sent counts for nothing.</summary>
    private void Ask(long nowTicks, IcePath path, PathSign sign, OutgoingDatagrams outgoing, bool isCounted = false)
    {
        var question = path.Question;
        question.Note(sign);
        if (!isEstablished || nowTicks < question.DueTicks || !MayGetCheck(path))
        {
            return;
        }

        var credentials = path.Credentials ?? current;
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty || credentials.RemotePassword is not { } password || (path != selected && !isCounted && !elsewhere.TryTake(nowTicks)))
        {
            question.Postpone(nowTicks);
            return;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, question.Ask(nowTicks, sign, password, random));
        writer.AddUsername(credentials.CheckUsername);
        writer.AddPriority(CheckPriority);

        // Our role also keeps a check that is sent back to us from being taken for the peer's.
        writer.AddIceControlled(tieBreaker);
        writer.AddIntegrity(password);
        writer.AddFingerprint();
        path.TrySpend(writer.Length);
        outgoing.Commit(path.Address, writer.Length);
    }

    /// <summary>Else the check waits for more to come from there, and leaves before media uses that up.</summary>
    private bool MayGetCheck(IcePath path) =>
        path.Allowance >= StunMessageWriter.CheckLength((path.Credentials ?? current).CheckUsername.Length);

    /// <summary>The first check under new credentials ends the old ones, and what was nominated under them.</summary>
    private void Renew(KnownCredentials known)
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

    private void RespondSuccess(in TransportAddress from, scoped in StunMessage request, KnownCredentials known, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (!buffer.IsEmpty)
        {
            var length = CheckResponse.WriteSuccess(buffer, from, request, known.LocalPassword);
            outgoing.Commit(from, length);
            paths.Find(from)?.CountSent(length);
        }
    }

    private static void RespondError(
        in TransportAddress from, scoped in StunMessage request, KnownCredentials known, int code, ReadOnlySpan<byte> reason, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (!buffer.IsEmpty)
        {
            outgoing.Commit(from, CheckResponse.WriteError(buffer, request, known.LocalPassword, code, reason));
        }
    }
}
