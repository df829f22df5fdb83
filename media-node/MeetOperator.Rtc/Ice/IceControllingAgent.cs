using System.Text;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// A client's side towards a lite agent: checks its one candidate, nominates it at once, then keeps consent fresh
/// (RFC 7675). Makes a synthetic client out of a transport.
/// </summary>
internal sealed class IceControllingAgent : IIceAgent
{
    /// <summary>110 &lt;&lt; 24 | 65535 &lt;&lt; 8 | 255: a peer-reflexive candidate of component 1 (RFC 8445 §5.1.2.1).</summary>
    private const uint CheckPriority = 0x6EFFFFFF;
    private const long CheckIntervalTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const long ConsentIntervalTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Rc of RFC 8489 §6.2.1: then it is another transaction.</summary>
    private const int MaximumCopies = 7;

    private readonly Random random;
    private IceCredentials local;
    private readonly ulong tieBreaker;
    private readonly byte[] transactionId = new byte[StunConstants.TransactionIdLength];
    private byte[] username = [];
    private byte[] remotePassword = [];
    private TransportAddress? candidate;
    private bool outstanding;
    private int copies;

    public IceControllingAgent(IceCredentials local, Random random)
    {
        this.random = random;
        this.local = local;
        tieBreaker = (ulong)random.NextInt64();
    }

    public TransportAddress? Selected { get; private set; }

    public long LastConsentTicks { get; private set; } = long.MinValue;

    /// <summary>The node answered a check of ours, so it is where we send.</summary>
    public long Allowance => Selected is null ? 0 : long.MaxValue;

    public bool FollowsMedia => false;

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

    public bool IsHeld(long nowTicks, in TransportAddress address) => Selected == address;

    public bool TakesDtls(long nowTicks, in TransportAddress from) => true;

    public void CountReceived(in TransportAddress from, int bytes)
    {
    }

    public void OnEstablished(long nowTicks, TransportAddress? proven)
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

        // RFC 7675 §5.1: 0.8 to 1.2 times the interval, so that many peers do not beat in step.
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

        if (!outstanding || copies == MaximumCopies)
        {
            // A check that is repeated keeps its id, so that a late answer to any copy counts (RFC 8489 §6.2.1).
            random.NextBytes(transactionId);
            (outstanding, copies) = (true, 0);
        }

        copies++;

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transactionId);
        writer.AddUsername(username);
        writer.AddPriority(CheckPriority);
        writer.AddIceControlling(tieBreaker);
        writer.AddUseCandidate();
        writer.AddIntegrity(remotePassword);
        writer.AddFingerprint();
        outgoing.Commit(to, writer.Length);
    }

    /// <summary>The node asks whether we can read here, as it may at any time (RFC 7675).</summary>
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
