using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The client side of ICE with a lite peer: checks the peer's only candidate, nominates it immediately, and then keeps consent fresh
/// (RFC 7675). Synthetic clients use it.
/// </summary>
internal sealed class IceControllingAgent : IIceAgent
{
    /// <summary>110 &lt;&lt; 24 | 65535 &lt;&lt; 8 | 255: the priority of a peer-reflexive candidate of component 1 (RFC 8445 §5.1.2.1).</summary>
    private const uint CheckPriority = 0x6EFFFFFF;
    private const long CheckIntervalTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const long ConsentIntervalTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Rc in RFC 8489 §6.2.1. After that many transmissions a new transaction starts.</summary>
    private const int MaximumTransmissions = 7;

    private readonly Random _random;
    private IceCredentials _local;
    private readonly ulong _tieBreaker;
    private readonly byte[] _transactionId = new byte[StunConstants.TransactionIdLength];
    private byte[] _username = [];
    private byte[] _remotePassword = [];
    private TransportAddress? _candidate;
    private bool _outstanding;
    private int _transmissions;

    public IceControllingAgent(IceCredentials local, Random random)
    {
        _random = random;
        _local = local;
        _tieBreaker = (ulong)random.NextInt64();
    }

    public TransportAddress? Selected { get; private set; }

    public PathRoundTrip? RoundTrip => null;

    public long LastConsentTicks { get; private set; } = long.MinValue;

    /// <summary>Unlimited once the media node has answered a check.</summary>
    public long Allowance => Selected is null ? 0 : long.MaxValue;

    public bool AllowsUnvalidatedMedia => false;

    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate)
    {
        _username = Encoding.ASCII.GetBytes($"{credentials.Ufrag}:{_local.Ufrag}");
        _remotePassword = Encoding.ASCII.GetBytes(credentials.Password);
        _candidate = candidate;
        NextTimeoutTicks = candidate is null ? long.MaxValue : 0;
    }

    public void Restart(IceCredentials local) => (_local, _outstanding) = (local, false);

    public bool IsValidated(in TransportAddress address) => Selected == address;

    public bool IsInUse(long nowTicks, in TransportAddress address) => Selected == address;

    public bool TryAcceptDtls(long nowTicks, in TransportAddress from) => true;

    public void CountReceived(in TransportAddress from, int bytes)
    {
    }

    public void OnEstablished(long nowTicks, TransportAddress? confirmed)
    {
    }

    public bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing) => false;

    public void OnClosed(long nowTicks, in TransportAddress address)
    {
    }

    public void ClosePaths(long nowTicks, Predicate<TransportAddress> isDenied)
    {
    }

    public bool TrySpend(int bytes) => Selected is not null;

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing, long? arrivalTicks = null)
    {
        if (!StunMessage.TryParse(datagram, out var message) || !message.VerifyFingerprint())
        {
            return DropReason.StunMalformed;
        }

        if (message.Type == StunMessageType.BindingRequest)
        {
            return AnswerCheck(from, message, outgoing);
        }

        if (message.Type != StunMessageType.BindingSuccess || !_outstanding || from != _candidate
            || !message.TransactionId.SequenceEqual(_transactionId))
        {
            return DropReason.StunUnexpected;
        }

        if (!message.VerifyIntegrity(_remotePassword))
        {
            return DropReason.StunIntegrity;
        }

        _outstanding = false;
        Selected = from;
        LastConsentTicks = nowTicks;

        // RFC 7675 §5.1: 0.8 to 1.2 times the interval, so that the checks of many peers do not synchronize.
        NextTimeoutTicks = nowTicks + (long)(ConsentIntervalTicks * (0.8 + (0.4 * _random.NextDouble())));
        return DropReason.None;
    }

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
        if (nowTicks < NextTimeoutTicks || _candidate is not { } to)
        {
            return;
        }

        NextTimeoutTicks = nowTicks + (Selected is null ? CheckIntervalTicks : ConsentIntervalTicks / 10);
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty)
        {
            return;
        }

        if (!_outstanding || _transmissions == MaximumTransmissions)
        {
            // A retransmission keeps the transaction ID, so that a late response to any transmission is valid (RFC 8489 §6.2.1).
            _random.NextBytes(_transactionId);
            (_outstanding, _transmissions) = (true, 0);
        }

        _transmissions++;

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, _transactionId);
        writer.AddUsername(_username);
        writer.AddPriority(CheckPriority);
        writer.AddIceControlling(_tieBreaker);
        writer.AddUseCandidate();
        writer.AddIntegrity(_remotePassword);
        writer.AddFingerprint();
        outgoing.Commit(to, writer.Length);
    }

    /// <summary>Responds to a check from the media node, which may verify at any time that the client receives at this address (RFC 7675).</summary>
    private DropReason AnswerCheck(in TransportAddress from, scoped in StunMessage message, OutgoingDatagrams outgoing)
    {
        if (!StunMessage.TryReadLocalUfrag(message.Data, out var ufrag) || !ufrag.SequenceEqual(Encoding.ASCII.GetBytes(_local.Ufrag)))
        {
            return DropReason.StunUsername;
        }

        var password = Encoding.ASCII.GetBytes(_local.Password);
        if (!message.VerifyIntegrity(password))
        {
            return DropReason.StunIntegrity;
        }

        var buffer = outgoing.Reserve();
        if (!buffer.IsEmpty)
        {
            outgoing.Commit(from, CheckResponse.WriteSuccess(buffer, from, message, password));
        }

        return DropReason.None;
    }
}
