using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Tests.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

public sealed class IceLiteAgentTests
{
    private const long Now = 1000 * TimeSpan.TicksPerSecond;
    private static readonly TransportAddress One = new(0x0A000002, 5000);
    private static readonly TransportAddress Two = new(0x0A000003, 6000);
    private static readonly TransportAddress Three = new(0x0A000004, 7000);

    private readonly OutgoingDatagrams _outgoing = new();
    private readonly IceLiteAgent _agent = new(new IceCredentials("local", "local-password"), new Random(1));

    public IceLiteAgentTests() => _agent.SetRemote(new IceCredentials("remote", "remote-password"), null);

    private static int _transactions;

    private delegate void Fill(ref StunMessageWriter writer);

    [Fact]
    public void Handle_ValidCheck_RespondsWithMappedAddress()
    {
        Assert.Equal(DropReason.None, Check(One));

        Assert.True(_outgoing.TryTake(out var to, out var datagram));
        Assert.Equal(One, to);
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(StunMessageType.BindingSuccess, answer.Type);
        Assert.True(answer.VerifyFingerprint() && answer.VerifyIntegrity("local-password"u8));
        Assert.Equal(One, StunAnswers.MappedAddressOf(answer));
        Assert.Equal(BitConverter.GetBytes(_transactions), answer.TransactionId[..4].ToArray());
        Assert.Equal(Now, _agent.LastConsentTicks);
    }

    [Fact]
    public void Handle_Nomination_MovesSelectedAddress()
    {
        Check(One);
        Assert.Equal(One, _agent.Selected);

        Check(Two, (ref StunMessageWriter w) => w.AddUseCandidate());
        Assert.Equal(Two, _agent.Selected);

        Check(One);
        Assert.Equal(Two, _agent.Selected);
        Assert.True(_agent.IsValidated(One) && _agent.IsValidated(Two));
    }

    [Fact]
    public void Handle_SeveralNominations_SelectsHighestPriority()
    {
        Nominate(One, 100);
        Nominate(Two, 50);
        Assert.Equal(One, _agent.Selected);

        Nominate(Three, 200);
        Assert.Equal(Three, _agent.Selected);
        Nominate(One, 100);
        Assert.Equal(Three, _agent.Selected);
    }

    [Fact]
    public void OnMedia_LowerPriorityAddress_IsSelectedWhenCurrentIsQuiet()
    {
        Nominate(One, 200);
        _agent.OnEstablished(Now, One);
        Nominate(Two, 100);
        _agent.OnEstablished(Now, Two);

        _agent.OnMedia(Now + (PathSelection.QuietTicks / 2), Two, 100, isNewest: true, _outgoing);
        Assert.Equal(One, _agent.Selected);
        _agent.OnMedia(Now + PathSelection.QuietTicks + 1, Two, 100, isNewest: true, _outgoing);
        Assert.Equal(Two, _agent.Selected);

        // A check without nomination, which keeps a spare path alive, does not move the selection; a nomination does.
        Check(One);
        Assert.Equal(Two, _agent.Selected);
        Nominate(One, 200);
        Assert.Equal(One, _agent.Selected);
    }

    /// <summary>UDP stops working, so the client nominates its TCP connection; later UDP works again.</summary>
    [Fact]
    public void OnClosed_SelectedConnection_MovesToAnotherPathAtOnce()
    {
        var tcp = Two.Over(1);
        Nominate(One, 200);
        _agent.OnEstablished(Now, One);
        Nominate(tcp, 100);
        _agent.OnEstablished(Now, tcp);
        _agent.OnMedia(Now + PathSelection.QuietTicks + 1, tcp, 100, isNewest: true, _outgoing);
        Assert.Equal(tcp, _agent.Selected);

        _agent.OnClosed(Now, tcp);

        Assert.Equal((One, false), (_agent.Selected, _agent.IsValidated(tcp)));
    }

    [Fact]
    public void OnClosed_OnlyPath_SendsNothingUntilACheckFromAnyAddress()
    {
        var tcp = One.Over(1);
        Nominate(tcp, 200);
        _agent.OnEstablished(Now, tcp);
        Assert.True(_agent.TrySpend(1000));

        _agent.OnClosed(Now, tcp);
        Assert.False(_agent.TrySpend(1));
        Check(One.Over(2));

        Assert.Equal(One.Over(2), _agent.Selected);
        _agent.OnClosed(Now, tcp); // nothing is left of it
        Assert.Equal(One.Over(2), _agent.Selected);
    }

    /// <summary>When the selected path fails later, nothing goes to one that was denied meanwhile, although its consent has not expired.</summary>
    [Fact]
    public void ClosePaths_SpareDeniedPath_IsNeverSelectedAgain()
    {
        Nominate(One, 100);
        _agent.OnEstablished(Now, One);
        Check(Two);

        _agent.ClosePaths(Now, address => address == Two);
        _agent.OnClosed(Now, One);

        Assert.Equal((One, false, false), (_agent.Selected, _agent.IsValidated(Two), _agent.TrySpend(1)));
    }

    [Fact]
    public void Handle_ReplayedCheckFromOtherAddress_IsDropped()
    {
        var request = Request("local:remote", "local-password", (ref StunMessageWriter w) => w.AddUseCandidate());
        Assert.Equal(DropReason.None, _agent.Handle(Now, One, request, _outgoing));
        _outgoing.TryTake(out _, out _);

        Assert.Equal(DropReason.StunReplay, _agent.Handle(Now + 1, Two, request, _outgoing));

        Assert.False(_agent.IsValidated(Two));
        Assert.Equal(0, _outgoing.Count);
    }

    [Fact]
    public void Handle_RetransmittedCheck_IsAnsweredWithoutNewConsent()
    {
        var request = Request("local:remote", "local-password", null);
        _agent.Handle(Now, One, request, _outgoing);
        Assert.Equal(DropReason.None, _agent.Handle(Now + 5, One, request, _outgoing));

        Assert.Equal(2, _outgoing.Count);
        Assert.Equal(Now, _agent.LastConsentTicks);
    }

    [Fact]
    public void HandleTimeout_SelectedConsentExpired_SelectsOtherAddress()
    {
        Nominate(One, 100);
        _agent.Handle(Now + (29 * TimeSpan.TicksPerSecond), Two, Request("local:remote", "local-password", null), _outgoing);
        var late = Now + (30 * TimeSpan.TicksPerSecond);
        var other = new IceLiteAgent(new IceCredentials("local", "local-password"), new Random(1));
        other.Handle(Now, One, Request("local:remote", "local-password", null), _outgoing);

        _agent.HandleTimeout(late, _outgoing);
        other.HandleTimeout(late, _outgoing);

        Assert.Equal(Two, _agent.Selected);
        Assert.Equal(late - TimeSpan.TicksPerSecond, _agent.LastConsentTicks);
        Assert.Equal(Now, other.LastConsentTicks);
    }

    [Fact]
    public void TrySpend_UnconfirmedAddress_AllowsThreeTimesReceivedBytes()
    {
        var request = Request("local:remote", "local-password", null);
        _agent.Handle(Now, One, request, _outgoing);
        Assert.True(_outgoing.TryTake(out _, out var answer));
        var left = (3 * request.Length) - answer.Length;

        Assert.Equal(left, _agent.Allowance);
        Assert.True(_agent.TrySpend(left));
        Assert.False(_agent.TrySpend(1));
        _agent.OnEstablished(Now, One);
        Assert.True(_agent.TrySpend(100_000));
    }

    [Fact]
    public void Handle_RetransmittedCheck_IncreasesAllowance()
    {
        var request = Request("local:remote", "local-password", null);
        _agent.Handle(Now, One, request, _outgoing);
        var once = _agent.Allowance;
        _agent.Handle(Now + 5, One, request, _outgoing);

        Assert.Equal(2 * once, _agent.Allowance);
    }

    [Fact]
    public void Handle_WrongPassword_IsDroppedWithoutResponse()
    {
        Assert.Equal(DropReason.StunIntegrity, Check(One, password: "guess"));
        AssertNothingHappened();
    }

    [Theory]
    [InlineData("local:someone")]
    [InlineData("other:remote")]
    [InlineData("local")]
    [InlineData("localremote")]
    [InlineData("")]
    public void Handle_WrongUsername_IsDroppedWithoutResponse(string username)
    {
        Assert.Equal(DropReason.StunUsername, Check(One, username: username));
        AssertNothingHappened();
    }

    [Fact]
    public void Handle_CheckBeforeRemoteCredentials_IsAnswered()
    {
        var early = new IceLiteAgent(new IceCredentials("local", "local-password"), new Random(1));

        Assert.Equal(DropReason.None, early.Handle(Now, One, Request("local:unknown", "local-password", null), _outgoing));
        Assert.True(early.IsValidated(One));
    }

    [Fact]
    public void Handle_NoIntegrity_IsDropped()
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, "ABCDEFGHIJKL"u8);
        writer.AddUsername("local:remote"u8);

        Assert.Equal(DropReason.StunIntegrity, _agent.Handle(Now, One, buffer.AsSpan(0, writer.Length), _outgoing));
        AssertNothingHappened();
    }

    [Fact]
    public void Handle_ControlledPeer_RespondsWithRoleConflict()
    {
        Assert.Equal(DropReason.None, Check(One, (ref StunMessageWriter w) => w.AddIceControlled(1)));

        Assert.True(_outgoing.TryTake(out _, out var datagram));
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(487, StunAnswers.ErrorCodeOf(answer));
        Assert.False(_agent.IsValidated(One));
    }

    /// <summary>The first error response can be lost. A success response to the retransmission would leave the peer in its role (RFC 8489 §6.3.1).</summary>
    [Fact]
    public void Handle_RetransmittedRoleConflict_RepeatsError()
    {
        var request = Request("local:remote", "local-password", (ref StunMessageWriter w) => w.AddIceControlled(1));
        _agent.Handle(Now, One, request, _outgoing);
        _outgoing.TryTake(out _, out _);

        Assert.Equal(DropReason.None, _agent.Handle(Now + 5, One, request, _outgoing));

        Assert.True(_outgoing.TryTake(out _, out var datagram));
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(487, StunAnswers.ErrorCodeOf(answer));
        Assert.False(_agent.IsValidated(One));
    }

    [Fact]
    public void Handle_UnknownRequiredAttribute_RespondsWith420()
    {
        // 0x0003 is the obsolete CHANGE-REQUEST attribute.
        var request = Request("local:remote", "local-password", (ref StunMessageWriter w) => w.AddUnknownAttribute(1));
        request.AsSpan(20 + 4 + 12, 2).Clear();
        request[20 + 4 + 12 + 1] = 3;
        var resigned = RecomputeIntegrity(request);

        Assert.Equal(DropReason.None, _agent.Handle(Now, One, resigned, _outgoing));

        Assert.True(_outgoing.TryTake(out _, out var datagram));
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(420, StunAnswers.ErrorCodeOf(answer));
        Assert.False(_agent.IsValidated(One));
    }

    [Theory]
    [InlineData(StunMessageType.BindingSuccess)]
    [InlineData(StunMessageType.BindingIndication)]
    [InlineData(StunMessageType.BindingError)]
    public void Handle_OtherMessageType_IsDropped(StunMessageType type)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, type, "ABCDEFGHIJKL"u8);
        writer.AddIntegrity("local-password"u8);

        Assert.Equal(DropReason.StunUnexpected, _agent.Handle(Now, One, buffer.AsSpan(0, writer.Length), _outgoing));
        AssertNothingHappened();
    }

    [Fact]
    public void Handle_ManyAddresses_KeepsSelectedAndReplacesOldest()
    {
        Check(One, (ref StunMessageWriter w) => w.AddUseCandidate());
        for (ushort port = 1; port <= 20; port++)
        {
            _agent.Handle(Now + port, new TransportAddress(0x0A000009, port), Request("local:remote", "local-password", null), _outgoing);
            _outgoing.TryTake(out _, out _);
        }

        Assert.True(_agent.IsValidated(One));
        Assert.False(_agent.IsValidated(new TransportAddress(0x0A000009, 1)));
        Assert.True(_agent.IsValidated(new TransportAddress(0x0A000009, 20)));
        Assert.Equal(One, _agent.Selected);
    }

    [Fact]
    public void Handle_HostDoesNotPoll_BoundsQueue()
    {
        for (var i = 0; i < 1000; i++)
        {
            Check(One);
        }

        Assert.InRange(_outgoing.Count, 1, 64);
    }

    private void Nominate(TransportAddress from, uint priority) => Check(from, (ref StunMessageWriter w) =>
    {
        w.AddPriority(priority);
        w.AddUseCandidate();
    });

    private static byte[] Request(string username, string password, Fill? fill)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var transaction = new byte[12];
        BitConverter.TryWriteBytes(transaction, ++_transactions);
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transaction);
        writer.AddUsername(Encoding.ASCII.GetBytes(username));
        fill?.Invoke(ref writer);
        writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    /// <summary>Recomputes integrity and fingerprint after a change of an attribute.</summary>
    private static byte[] RecomputeIntegrity(byte[] request)
    {
        var offset = request.Length - 8 - 24;
        StunIntegrity.Compute(request, offset, "local-password"u8, request.AsSpan(offset + 4, 20));
        var crc = StunFingerprint.Compute(request.AsSpan(0, request.Length - 8));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(request.Length - 4), crc);
        return request;
    }

    private DropReason Check(TransportAddress from, Fill? fill = null, string username = "local:remote", string password = "local-password") =>
        _agent.Handle(Now, from, Request(username, password, fill), _outgoing);

    private void AssertNothingHappened()
    {
        Assert.Equal(0, _outgoing.Count);
        Assert.False(_agent.IsValidated(One));
        Assert.Null(_agent.Selected);
        Assert.Equal(long.MinValue, _agent.LastConsentTicks);
    }
}
