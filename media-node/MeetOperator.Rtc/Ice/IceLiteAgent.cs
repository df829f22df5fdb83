using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The lite side (RFC 8445 §2.5): has one host candidate, responds to checks, and is always controlled. Datagrams that fail authentication
/// are dropped without a response, so that a spoofed source causes no amplification. A peer can also send valid checks and media with a spoofed
/// source address. Therefore the traffic to an address is limited until the peer confirms that it receives there (<see cref="IcePath"/>), and
/// media does not move to it (<see cref="PathSelection"/>). After the handshake the agent confirms addresses with its own checks
/// (<see cref="PathCheck"/>). A lite agent need not send checks, but every peer responds to them.
/// </summary>
internal sealed class IceLiteAgent(IceCredentials local, Random random, long consentTimeoutTicks = 30 * TimeSpan.TicksPerSecond) : IIceAgent
{
    private const int RoleConflict = 487;
    private const int UnknownAttribute = 420;

    /// <summary>110 &lt;&lt; 24 | 65535 &lt;&lt; 8 | 255: the priority of a peer-reflexive candidate of component 1 (RFC 8445 §5.1.2.1).</summary>
    private const uint CheckPriority = 0x6EFFFFFF;

    /// <summary>Maximum rate and burst of checks to addresses other than the selected one.</summary>
    private const int OtherAddressChecksPerSecond = 4;

    /// <summary>
    /// Maximum rate of checks from the peer. A client that tries many pairs sends 50 per second (RFC 8445 §14.2). Excess checks are dropped before
    /// their hash is computed. Confirmed addresses have their own limit, so that a flood from other addresses does not block the peer's checks.
    /// </summary>
    private const int ChecksPerSecond = 200;

    /// <summary>
    /// Maximum rate of DTLS datagrams. A handshake with a certificate chain has about 20, or about 100 with retransmissions. After it, only the
    /// close_notify follows. Confirmed addresses have their own limit.
    /// </summary>
    private const int DtlsPerSecond = 100;

    private readonly IcePaths _paths = new(consentTimeoutTicks);
    private readonly RecentChecks _recentChecks = new();
    private readonly ulong _tieBreaker = (ulong)random.NextInt64();
    private CredentialPair _current = new(local);

    /// <summary>The credentials from before an ICE restart. They are valid until the peer uses the new ones.</summary>
    private CredentialPair? _previous;
    private IcePath? _selected;
    private bool _isEstablished;
    private RateLimit _otherAddressChecks = new(OtherAddressChecksPerSecond);
    private RateLimit _checks = new(ChecksPerSecond);
    private RateLimit _confirmedChecks = new(ChecksPerSecond);
    private RateLimit _dtls = new(DtlsPerSecond);
    private RateLimit _confirmedDtls = new(DtlsPerSecond);

    public TransportAddress? Selected => _selected?.Address;

    public PathRoundTrip? RoundTrip => _selected?.RoundTrip;

    public long LastConsentTicks => _selected?.ConsentTicks ?? long.MinValue;

    public long Allowance => _selected?.Allowance ?? 0;

    public bool AllowsUnvalidatedMedia => true;

    /// <summary>The time of the next check to the selected address, or the time at which its confirmation expires.</summary>
    public long NextTimeoutTicks => _isEstablished && _selected is { } path
        ? Math.Min(
            CanSendCheck(path) && path.OwnCheck.DueTicks < path.ConsentTicks + consentTimeoutTicks ? path.OwnCheck.DueTicks : long.MaxValue,
            path.IsConfirmed ? path.ConfirmedTicks + consentTimeoutTicks : long.MaxValue)
        : long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate) => _current.SetRemote(credentials);

    public void Restart(IceCredentials local) => (_previous, _current) = (_current, new CredentialPair(local));

    public bool IsValidated(in TransportAddress address) => _paths.Find(address) is not null;

    public bool IsInUse(long nowTicks, in TransportAddress address) =>
        _paths.Find(address) is { IsConfirmed: true } path && nowTicks - path.LastReceivedTicks <= PathSelection.StaleTicks;

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing, long? arrivalTicks = null)
    {
        if (!StunMessage.TryParse(datagram, out var message))
        {
            return DropReason.StunMalformed;
        }

        if (message.Type == StunMessageType.BindingRequest && !(_paths.Find(from) is { IsConfirmed: true } ? _confirmedChecks.TryTake(nowTicks) : _checks.TryTake(nowTicks)))
        {
            return DropReason.StunRate;
        }

        if (!message.VerifyFingerprint())
        {
            return DropReason.StunMalformed;
        }

        _paths.Expire(nowTicks);
        return message.Type switch
        {
            StunMessageType.BindingRequest => HandleCheck(nowTicks, from, datagram.Length, message, outgoing),
            StunMessageType.BindingSuccess => HandleResponse(nowTicks, arrivalTicks ?? nowTicks, from, message),
            _ => DropReason.StunUnexpected,
        };
    }

    public bool TryAcceptDtls(long nowTicks, in TransportAddress from) =>
        _paths.Find(from) is { IsConfirmed: true } ? _confirmedDtls.TryTake(nowTicks) : _dtls.TryTake(nowTicks);

    public void CountReceived(in TransportAddress from, int bytes) => _paths.Find(from)?.CountReceived(bytes);

    public void OnEstablished(long nowTicks, TransportAddress? confirmed)
    {
        _isEstablished = true;
        if (confirmed is { } address && _paths.Find(address) is { } path)
        {
            path.Confirm(nowTicks, random);
            UpdateSelection(nowTicks, path, PathEvidence.Media);
        }
    }

    public void OnClosed(long nowTicks, in TransportAddress address)
    {
        if (_paths.Find(address) is not { } path)
        {
            return;
        }

        path.Close();
        if (path != _selected)
        {
            _paths.Remove(path);
        }
        else if (_paths.FindBest(nowTicks) is { } other)
        {
            _selected = other;
            _paths.Remove(path);
        }
    }

    public void ClosePaths(long nowTicks, Predicate<TransportAddress> isDenied)
    {
        foreach (var address in _paths.FindAll(isDenied))
        {
            OnClosed(nowTicks, address);
        }
    }

    public bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing)
    {
        if (_selected is { IsConfirmed: true } path && path.Address == from)
        {
            path.LastReceivedTicks = path.LastActiveTicks = nowTicks;
            return false;
        }

        return HandleMediaOnOtherPath(nowTicks, from, bytes, isNewest, outgoing);
    }

    public bool TrySpend(int bytes) => _selected is { } path && path.TrySpend(bytes);

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
        _paths.Expire(nowTicks);
        if (_selected is not { } path)
        {
            return;
        }

        if (!HasConsent(nowTicks, path))
        {
            _selected = path = _paths.FindBest(nowTicks) ?? path;
        }

        if (HasConsent(nowTicks, path))
        {
            SendCheckIfDue(nowTicks, path, PathEvidence.Check, outgoing);
        }
    }

    private bool HasConsent(long nowTicks, IcePath path) => nowTicks - path.ConsentTicks < consentTimeoutTicks;

    private DropReason HandleCheck(long nowTicks, in TransportAddress from, int datagramLength, scoped in StunMessage message, OutgoingDatagrams outgoing)
    {
        var known = _current.Matches(message.Username) ? _current : _previous;
        if (known is null || !known.Matches(message.Username))
        {
            return DropReason.StunUsername;
        }

        if (!message.VerifyIntegrity(known.LocalPassword))
        {
            return DropReason.StunIntegrity;
        }

        var before = _recentChecks.FindOrRecord(message.TransactionId, from.Path);
        if (before is { } other && other != from.Path)
        {
            // A client retransmits a check from the same address. A check from another address is a replay.
            return DropReason.StunReplay;
        }

        if (TryReject(from, message, known, outgoing))
        {
            return DropReason.None;
        }

        if (before is not null)
        {
            // The response was lost. A retransmission may be a replay, so it does not update the path.
            _paths.Find(from)?.CountReceived(datagramLength);
            RespondSuccess(from, message, known, outgoing);
            return DropReason.None;
        }

        CompleteRestart(known);
        var path = _paths.FindOrAdd(nowTicks, from, _selected);
        path.CountReceived(datagramLength);
        path.Credentials = known;
        path.ConsentTicks = path.LastReceivedTicks = nowTicks;
        path.Priority = message.Priority;
        if (message.HasUseCandidate)
        {
            path.IsNominated = true;
            path.LastActiveTicks = nowTicks;
        }

        var evidence = message.HasUseCandidate ? PathEvidence.Nomination : PathEvidence.Check;
        UpdateSelection(nowTicks, path, evidence);
        RespondSuccess(from, message, known, outgoing);
        SendCheckIfDue(nowTicks, path, evidence, outgoing);
        return DropReason.None;
    }

    /// <summary>Sends an error response to an unacceptable check and to each of its retransmissions. False when the check is acceptable.</summary>
    private static bool TryReject(in TransportAddress from, scoped in StunMessage message, CredentialPair known, OutgoingDatagrams outgoing)
    {
        if (message.UnknownRequiredAttribute != 0)
        {
            RespondError(from, message, known, UnknownAttribute, "Unknown Attribute"u8, outgoing);
            return true;
        }

        if (message.HasIceControlled)
        {
            // §7.3.1.1: the peer must take the controlling role because a lite agent is always controlled.
            RespondError(from, message, known, RoleConflict, "Role Conflict"u8, outgoing);
            return true;
        }

        return false;
    }

    /// <summary>Processes the response to a local check. It confirms that the peer receives at the address.</summary>
    private DropReason HandleResponse(long nowTicks, long arrivalTicks, in TransportAddress from, scoped in StunMessage message)
    {
        if (_paths.Find(from) is not { } path || !path.OwnCheck.IsResponse(message))
        {
            return DropReason.StunUnexpected;
        }

        if (!path.OwnCheck.VerifyIntegrity(message))
        {
            return DropReason.StunIntegrity;
        }

        path.ConsentTicks = path.LastReceivedTicks = nowTicks;
        path.RoundTrip = path.OwnCheck.RoundTripAt(arrivalTicks) is { } ticks ? new PathRoundTrip(nowTicks, ticks) : path.RoundTrip;
        path.Confirm(nowTicks, random);
        UpdateSelection(nowTicks, path, path.OwnCheck.Evidence);
        return DropReason.None;
    }

    /// <summary>
    /// Records media from an unselected address or from an unconfirmed selected address. Returns true when datagrams or timeouts may have changed.
    /// </summary>
    private bool HandleMediaOnOtherPath(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing)
    {
        // An older packet may be a replay by an attacker who intercepted it.
        var path = _paths.Find(from);
        if (!isNewest && path != _selected)
        {
            return false;
        }

        var isNew = path is null;
        if (isNew && !_otherAddressChecks.TryTake(nowTicks))
        {
            return false;
        }

        path ??= _paths.FindOrAdd(nowTicks, from, _selected);
        path.LastReceivedTicks = path.LastActiveTicks = nowTicks;
        if (isNewest)
        {
            path.Credentials ??= _selected?.Credentials;
            path.CountReceived(bytes);
            if (HasConsent(nowTicks, path))
            {
                UpdateSelection(nowTicks, path, PathEvidence.Media);
            }

            SendCheckIfDue(nowTicks, path, PathEvidence.Media, outgoing, isCounted: isNew);
        }

        return true;
    }

    /// <summary>Sends a check to the address when one is due and the allowance of the address permits it.</summary>
    private void SendCheckIfDue(long nowTicks, IcePath path, PathEvidence evidence, OutgoingDatagrams outgoing, bool isCounted = false)
    {
        var check = path.OwnCheck;
        check.AddEvidence(evidence);
        if (!_isEstablished || nowTicks < check.DueTicks || !CanSendCheck(path))
        {
            return;
        }

        var credentials = path.Credentials ?? _current;
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty || credentials.RemotePassword is not { } password || (path != _selected && !isCounted && !_otherAddressChecks.TryTake(nowTicks)))
        {
            check.Postpone(nowTicks);
            return;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, check.BeginTransmission(nowTicks, evidence, password, random));
        writer.AddUsername(credentials.CheckUsername);
        writer.AddPriority(CheckPriority);

        // The role also prevents a reflected check from being accepted as the peer's check.
        writer.AddIceControlled(_tieBreaker);
        writer.AddIntegrity(password);
        writer.AddFingerprint();
        path.TrySpend(writer.Length);
        outgoing.Commit(path.Address, writer.Length);
    }

    /// <summary>
    /// Whether the allowance of the address permits a check. If not, the check waits for more bytes from the address and is sent before media uses
    /// them up.
    /// </summary>
    private bool CanSendCheck(IcePath path) =>
        path.Allowance >= StunMessageWriter.CheckLength((path.Credentials ?? _current).CheckUsername.Length);

    /// <summary>Discards the previous credentials and the nominations made with them, once the peer uses the new credentials.</summary>
    private void CompleteRestart(CredentialPair known)
    {
        if (_previous is not null && ReferenceEquals(known, _current))
        {
            _previous = null;
            _paths.ClearNominations();
        }
    }

    private void UpdateSelection(long nowTicks, IcePath path, PathEvidence evidence)
    {
        if (PathSelection.ShouldSwitch(nowTicks, _selected, path, evidence))
        {
            _selected = path;
        }
    }

    private void RespondSuccess(in TransportAddress from, scoped in StunMessage request, CredentialPair known, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (!buffer.IsEmpty)
        {
            var length = CheckResponse.WriteSuccess(buffer, from, request, known.LocalPassword);
            outgoing.Commit(from, length);
            _paths.Find(from)?.CountSent(length);
        }
    }

    private static void RespondError(
        in TransportAddress from, scoped in StunMessage request, CredentialPair known, int code, ReadOnlySpan<byte> reason, OutgoingDatagrams outgoing)
    {
        var buffer = outgoing.Reserve();
        if (!buffer.IsEmpty)
        {
            outgoing.Commit(from, CheckResponse.WriteError(buffer, request, known.LocalPassword, code, reason));
        }
    }
}
