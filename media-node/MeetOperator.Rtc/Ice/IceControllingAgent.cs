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

    private readonly Random random;
    private IceCredentials local;
    private readonly ulong tieBreaker;
    private readonly byte[] transactionId = new byte[StunConstants.TransactionIdLength];
    private byte[] username = [];
    private byte[] remotePassword = [];
    private TransportAddress? candidate;
    private bool outstanding;
    private int transmissions;

    public IceControllingAgent(IceCredentials local, Random random)
    {
        this.random = random;
        this.local = local;
        tieBreaker = (ulong)random.NextInt64();
    }

    public TransportAddress? Selected { get; private set; }

    public long LastConsentTicks { get; private set; } = long.MinValue;

    /// <summary>Unlimited once the media node has answered a check.</summary>
    public long Allowance => Selected is null ? 0 : long.MaxValue;

    public bool AllowsUnvalidatedMedia => false;

    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate)
    {
        username = Encoding.ASCII.GetBytes($"{credentials.Ufrag}:{local.Ufrag}");
        remotePassword = Encoding.ASCII.GetBytes(credentials.Password);
        this.candidate = candidate;
        NextTimeoutTicks = candidate is null ? long.MaxValue : 0;
    }

    public void Restart(IceCredentials local) => (this.local, outstanding) = (local, false);

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

    public bool TrySpend(int bytes) => Selected is not null;

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing)
    {
        if (!StunMessage.TryParse(datagram, out var message) || !message.VerifyFingerprint())
        {
            return DropReason.StunMalformed;
        }

        if (message.Type == StunMessageType.BindingRequest)
        {
            return AnswerCheck(from, message, outgoing);
        }

        if (message.Type != StunMessageType.BindingSuccess || !outstanding || from != candidate
            || !message.TransactionId.SequenceEqual(transactionId))
        {
            return DropReason.StunUnexpected;
        }

        if (!message.VerifyIntegrity(remotePassword))
        {
            return DropReason.StunIntegrity;
        }

        outstanding = false;
        Selected = from;
        LastConsentTicks = nowTicks;

        // RFC 7675 §5.1: 0.8 to 1.2 times the interval, so that the checks of many peers do not synchronize.
        NextTimeoutTicks = nowTicks + (long)(ConsentIntervalTicks * (0.8 + (0.4 * random.NextDouble())));
        return DropReason.None;
    }

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
        if (nowTicks < NextTimeoutTicks || candidate is not { } to)
        {
            return;
        }

        NextTimeoutTicks = nowTicks + (Selected is null ? CheckIntervalTicks : ConsentIntervalTicks / 10);
        var buffer = outgoing.Reserve();
        if (buffer.IsEmpty)
        {
            return;
        }

        if (!outstanding || transmissions == MaximumTransmissions)
        {
            // A retransmission keeps the transaction ID, so that a late response to any transmission is valid (RFC 8489 §6.2.1).
            random.NextBytes(transactionId);
            (outstanding, transmissions) = (true, 0);
        }

        transmissions++;

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transactionId);
        writer.AddUsername(username);
        writer.AddPriority(CheckPriority);
        writer.AddIceControlling(tieBreaker);
        writer.AddUseCandidate();
        writer.AddIntegrity(remotePassword);
        writer.AddFingerprint();
        outgoing.Commit(to, writer.Length);
    }

    /// <summary>Responds to a check from the media node, which may verify at any time that the client receives at this address (RFC 7675).</summary>
    private DropReason AnswerCheck(in TransportAddress from, scoped in StunMessage message, OutgoingDatagrams outgoing)
    {
        if (!StunMessage.TryReadLocalUfrag(message.Data, out var ufrag) || !ufrag.SequenceEqual(Encoding.ASCII.GetBytes(local.Ufrag)))
        {
            return DropReason.StunUsername;
        }

        var password = Encoding.ASCII.GetBytes(local.Password);
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
