using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

/// <summary>The checks that the lite agent sends: only a response to one confirms that the peer receives at an address.</summary>
public sealed class IceLiteAgentConfirmationTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly TransportAddress One = new(0x0A000002, 5000);
    private static readonly TransportAddress Two = new(0x0A000003, 6000);

    private readonly OutgoingDatagrams _outgoing = new();
    private readonly IceLiteAgent _agent = new(new IceCredentials("local", "local-password"), new Random(1));
    private long _now = 1000 * Second;
    private int _transactions;

    public IceLiteAgentConfirmationTests() => _agent.SetRemote(new IceCredentials("remote", "remote-password"), null);

    [Fact]
    public void HandleTimeout_BeforeHandshakeEnds_SendsNoCheck()
    {
        Check(One, useCandidate: true);
        _agent.HandleTimeout(_now, _outgoing);

        Assert.Empty(TakeChecks());
        Assert.Equal(long.MaxValue, _agent.NextTimeoutTicks);
    }

    [Fact]
    public void HandleTimeout_HandshakeOverSeveralAddresses_ConfirmsSelectedAddress()
    {
        Check(One, useCandidate: true);
        _agent.OnEstablished(_now, null);
        Assert.True(_agent.NextTimeoutTicks <= _now);
        _agent.HandleTimeout(_now, _outgoing);

        var (to, check) = Assert.Single(TakeChecks());
        Assert.Equal(One, to);
        Assert.True(StunMessage.TryParse(check, out var message));
        Assert.Equal(StunMessageType.BindingRequest, message.Type);
        Assert.Equal("remote:local"u8, message.Username);
        Assert.True(message.VerifyFingerprint() && message.VerifyIntegrity("remote-password"u8) && message.HasIceControlled);
        Assert.False(_agent.TrySpend(100_000));
        Assert.Equal(DropReason.None, Respond(One, check));
        Assert.True(_agent.TrySpend(100_000));
    }

    /// <summary>The response to a retransmitted check may belong to any transmission, so it measures nothing.</summary>
    [Fact]
    public void RoundTrip_Check_IsMeasuredWithoutRetransmission()
    {
        Check(One, useCandidate: true);
        _agent.OnEstablished(_now, null);
        _agent.HandleTimeout(_now, _outgoing);
        var (_, lost) = Assert.Single(TakeChecks());
        _now += PathCheck.RetransmitTicks;
        _agent.HandleTimeout(_now, _outgoing);
        TakeChecks();
        Respond(One, lost);
        Assert.Null(_agent.RoundTrip);

        _now += 2 * PathCheck.IntervalTicks;
        Check(One, useCandidate: true);
        _agent.HandleTimeout(_now, _outgoing);
        var (_, check) = Assert.Single(TakeChecks());
        _now += Second / 20;
        Respond(One, check);

        Assert.Equal(new PathRoundTrip(_now, Second / 20), _agent.RoundTrip);
    }

    /// <summary>While the loop rests, it reads a response up to 20 ms after it arrived. When the clock was set back, the arrival is before the check and does not count.</summary>
    [Theory]
    [InlineData(30, 30)]
    [InlineData(-1000, null)]
    public void RoundTrip_ResponseReadLater_EndsWithItsArrival(int arrivalMilliseconds, int? expectedMilliseconds)
    {
        Check(One, useCandidate: true);
        _agent.OnEstablished(_now, null);
        _agent.HandleTimeout(_now, _outgoing);
        var (_, check) = Assert.Single(TakeChecks());
        var arrival = _now + (arrivalMilliseconds * Second / 1000);
        _now += Second / 20;
        Assert.Equal(DropReason.None, Respond(One, check, arrivalTicks: arrival));

        Assert.Equal(expectedMilliseconds * Second / 1000, _agent.RoundTrip?.Ticks);
        Assert.Equal(_now, _agent.LastConsentTicks);
    }

    [Fact]
    public void OnMedia_OtherAddressResponds_MovesSelection()
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        Media(Two);
        Assert.Equal(One, _agent.Selected);
        var (to, check) = Assert.Single(TakeChecks());
        Assert.Equal(Two, to);

        _now += Second / 10;
        Assert.Equal(DropReason.None, Respond(Two, check));

        Assert.Equal(Two, _agent.Selected);
        Assert.Equal(_now, _agent.LastConsentTicks);
        Assert.True(_agent.TrySpend(100_000));
    }

    [Fact]
    public void Handle_NominationWithHigherPriority_MovesAfterResponse()
    {
        Connect();
        Check(Two, useCandidate: true, priority: 1000);
        Assert.Equal(One, _agent.Selected);

        Respond(Two, Assert.Single(TakeChecks()).Datagram);

        Assert.Equal(Two, _agent.Selected);
    }

    [Fact]
    public void Handle_ResponseFromOtherAddress_ConfirmsNothing()
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, check) = Assert.Single(TakeChecks());

        Assert.Equal(DropReason.StunUnexpected, Respond(One, check));
        Assert.Equal(DropReason.StunUnexpected, Respond(new TransportAddress(9, 9), check));

        Assert.Equal(One, _agent.Selected);
        Assert.False(_agent.IsInUse(_now, Two));
    }

    [Theory]
    [InlineData("local-password", 0)]
    [InlineData("guess", 0)]
    [InlineData("remote-password", 1)]
    public void Handle_ResponseWithWrongSecret_ConfirmsNothing(string password, int otherTransaction)
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, check) = Assert.Single(TakeChecks());
        check[19] ^= (byte)otherTransaction;

        Assert.NotEqual(DropReason.None, Respond(Two, check, password));

        Assert.Equal(One, _agent.Selected);
        Assert.False(_agent.IsInUse(_now, Two));
    }

    [Fact]
    public void Handle_ReplayedResponse_RenewsNothing()
    {
        Connect();
        _now = _agent.NextTimeoutTicks;
        _agent.HandleTimeout(_now, _outgoing);
        var (_, check) = Assert.Single(TakeChecks());
        Assert.Equal(DropReason.None, Respond(One, check));
        var consent = _agent.LastConsentTicks;

        for (var i = 0; i < 40; i++)
        {
            _now += Second;
            _agent.HandleTimeout(_now, _outgoing);
            Assert.NotEqual(DropReason.None, Respond(One, check));
        }

        Assert.Equal(consent, _agent.LastConsentTicks);
        Assert.False(_agent.TrySpend(100_000));
    }

    /// <summary>An attacker uses the media node's own credentials and a reflector at the victim's address, so that reflected checks pass verification.</summary>
    [Fact]
    public void Handle_ReflectedCheck_ConfirmsNothing()
    {
        _agent.SetRemote(new IceCredentials("local", "local-password"), null);
        Check(One, useCandidate: true, username: "local:local");
        _agent.OnEstablished(_now, One);
        _now += PathSelection.QuietTicks + 1;
        Media(Two);

        for (var i = 0; i < 10; i++)
        {
            foreach (var (to, datagram) in TakeChecks())
            {
                _agent.Handle(_now, to, datagram, _outgoing);
            }

            _now += Second / 10;
        }

        Assert.Equal(One, _agent.Selected);
        Assert.False(_agent.IsInUse(_now, Two));
    }

    [Fact]
    public void OnMedia_NoResponse_BacksOffWithinLimit()
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        var (transmissions, received, sent) = (new List<long>(), 0, 0);
        for (var end = _now + (20 * Second); _now < end; _now += Second / 50)
        {
            Media(One);
            Media(Two, bytes: 40);
            received += 40;
            foreach (var (_, check) in TakeChecks().Where(q => q.To == Two))
            {
                transmissions.Add(_now);
                sent += check.Length;
            }
        }

        Assert.InRange(transmissions.Count, 4, 12);
        Assert.True(transmissions[^1] - transmissions[^2] >= 5 * Second);
        Assert.InRange(sent, 1, 3 * received);
        Assert.Equal(One, _agent.Selected);
    }

    /// <summary>
    /// Media has used up the allowance of the address. A check that cannot be sent must not delay the next one. Otherwise media would use up every
    /// further allowance, and the address would never be confirmed.
    /// </summary>
    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    public void OnMedia_AllowanceUsedUp_SendsCheckWithNextDatagram(int ufragCharacters)
    {
        var ufrag = new string('u', ufragCharacters);
        _agent.SetRemote(new IceCredentials(ufrag, "remote-password"), null);
        Check(One, useCandidate: true, username: $"local:{ufrag}");
        while (_agent.TrySpend(1))
        {
        }

        _agent.OnEstablished(_now, null);
        for (var end = _now + (10 * Second); _now < end; _now += Second / 100)
        {
            _agent.HandleTimeout(_now, _outgoing);
            Assert.Equal(long.MaxValue, _agent.NextTimeoutTicks);
        }

        Assert.Empty(TakeChecks());
        Media(One, bytes: 200);

        var (_, check) = Assert.Single(TakeChecks());
        Assert.Equal(600 - check.Length, _agent.Allowance);
        Respond(One, check);
        Assert.True(_agent.TrySpend(100_000));
    }

    /// <summary>With one byte less, no check is sent.</summary>
    [Fact]
    public void OnMedia_AllowanceFitsExactly_SendsCheck()
    {
        Check(One, useCandidate: true);
        _agent.OnEstablished(_now, null);
        var length = StunMessageWriter.CheckLength("remote:local".Length);
        while (_agent.Allowance >= length)
        {
            _agent.TrySpend(1);
        }

        _agent.HandleTimeout(_now, _outgoing);
        Assert.Empty(TakeChecks());
        Media(One, bytes: 1);

        Assert.Equal(length, Assert.Single(TakeChecks()).Datagram.Length);
    }

    [Fact]
    public void Handle_ResponseToRetransmission_ConfirmsAddress()
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, lost) = Assert.Single(TakeChecks());
        _now += PathCheck.RetransmitTicks;
        Media(Two);
        var (_, copy) = Assert.Single(TakeChecks());

        Assert.Equal(lost[8..20], copy[8..20]);
        Assert.Equal(DropReason.None, Respond(Two, copy));
        Assert.Equal(Two, _agent.Selected);
    }

    /// <summary>A renegotiation repeats the peer's credentials. Responses to earlier checks stay valid.</summary>
    [Fact]
    public void SetRemote_SameCredentials_KeepsOutstandingCheck()
    {
        Connect();
        _now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, first) = Assert.Single(TakeChecks());
        _agent.SetRemote(new IceCredentials("remote", "remote-password"), null);
        _now += PathCheck.RetransmitTicks;
        Media(Two);
        Assert.Single(TakeChecks());

        Assert.Equal(DropReason.None, Respond(Two, first));

        Assert.Equal(Two, _agent.Selected);
    }

    [Fact]
    public void OnMedia_ThousandsOfAddresses_ChecksAndKeepsFew()
    {
        Connect();
        var transmissions = 0;
        for (var i = 0; i < 10_000; i++)
        {
            _now += Second / 1000;
            Media(One);
            Media(new TransportAddress(0x0B000000 + (uint)i, 9));
            transmissions += TakeChecks().Count(q => q.To != One);
        }

        Assert.InRange(transmissions, 10, 60); // within ten seconds
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => _agent.IsValidated(new TransportAddress(0x0B000000 + (uint)i, 9))), 1, 7);
        Assert.Equal(One, _agent.Selected);
    }

    [Fact]
    public void HandleTimeout_ConfirmedAddress_RenewsEveryTwelveToEighteenSeconds()
    {
        Connect();
        for (var i = 0; i < 50; i++)
        {
            Assert.InRange(_agent.NextTimeoutTicks - _now, 12 * Second, 18 * Second);
            _now = _agent.NextTimeoutTicks;
            _agent.HandleTimeout(_now, _outgoing);
            Assert.Equal(DropReason.None, Respond(One, Assert.Single(TakeChecks()).Datagram));
        }

        Assert.True(_agent.TrySpend(100_000));
        Assert.Equal(_now, _agent.LastConsentTicks);
    }

    /// <summary>Checks and media continue, because a peer that was at the address earlier can spoof it from anywhere.</summary>
    [Fact]
    public void HandleTimeout_NoResponseForThirtySeconds_RestoresLimit()
    {
        Connect();
        var start = _now;
        var received = 0;
        while (_now - start < 40 * Second)
        {
            var due = Math.Min(_agent.NextTimeoutTicks, _now + Second);
            _now = Math.Max(_now, due);
            _agent.HandleTimeout(_now, _outgoing);
            received += _now - start >= 30 * Second ? Check(One, useCandidate: true) + Media(One) : 0;
            Assert.Equal(_now - start < 30 * Second, _agent.TrySpend(100_000));
        }

        Assert.InRange(_agent.Allowance, 0, 3 * received);
        TakeChecks();
        _now += 6 * Second;
        _agent.HandleTimeout(_now, _outgoing);
        Respond(One, Assert.Single(TakeChecks()).Datagram);
        Assert.True(_agent.TrySpend(100_000));
    }

    /// <summary>Each check costs two hashes and a response, which delays the other rooms of the loop.</summary>
    [Fact]
    public void Handle_CheckFloodFromPeer_LimitsResponsesAndKeepsPeer()
    {
        Connect();
        var answered = 0;
        for (var i = 0; i < 40_000; i++)
        {
            _now += Second / 1000;
            _agent.Handle(_now, One, Request(useCandidate: true, 100, "local:remote", "local-password"), _outgoing);
            _agent.HandleTimeout(_now, _outgoing);
            while (_outgoing.TryTake(out var to, out var datagram))
            {
                answered += datagram[0] == 1 ? 1 : 0;
                if (datagram[0] == 0)
                {
                    Assert.Equal(DropReason.None, Respond(to, datagram.ToArray()));
                }
            }
        }

        Assert.InRange(answered, 40 * 50, 41 * 200);
        Assert.True(_agent.TrySpend(100_000));
    }

    /// <summary>The username of a check is not encrypted, so an attacker who has seen one can send such checks from anywhere.</summary>
    [Fact]
    public void Handle_CheckFloodFromOtherAddress_StillAnswersPeer()
    {
        Connect();
        for (var second = 0; second < 20; second++)
        {
            for (var i = 0; i < 2_000; i++)
            {
                _now += Second / 2_000;
                _agent.Handle(_now, Two, Request(useCandidate: false, 100, "local:remote", "another-password"), _outgoing);
            }

            while (_outgoing.TryTake(out _, out _))
            {
            }

            Assert.Equal(DropReason.None, _agent.Handle(_now, One, Request(useCandidate: true, 100, "local:remote", "local-password"), _outgoing));
            Assert.True(_outgoing.TryTake(out _, out var answer));
            Assert.Equal(1, answer[0]);
        }
    }

    /// <summary>Media is no consent to send (RFC 7675 §5.1).</summary>
    [Fact]
    public void OnMedia_AddressWithExpiredConsent_IsSelectedAfterResponse()
    {
        Connect();
        Check(Two, useCandidate: false);
        Respond(Two, Assert.Single(TakeChecks()).Datagram);
        for (var end = _now + (40 * Second); _now < end; _now += Second)
        {
            Check(One, useCandidate: true);
            Media(One);
        }

        _now += PathSelection.StaleTicks + 1;
        TakeChecks();
        Media(Two);
        Assert.Equal(One, _agent.Selected);

        Respond(Two, Assert.Single(TakeChecks()).Datagram);

        Assert.Equal(Two, _agent.Selected);
        Assert.Equal(_now, _agent.LastConsentTicks);
    }

    /// <summary>A path keeps its previous credentials until the peer checks it with the new ones.</summary>
    [Fact]
    public void Restart_ExistingPath_IsCheckedWithItsOwnCredentials()
    {
        Connect();
        _agent.Restart(new IceCredentials("fresh", "fresh-password"));
        _agent.SetRemote(new IceCredentials("renewed", "renewed-password"), null);
        _now = _agent.NextTimeoutTicks;
        _agent.HandleTimeout(_now, _outgoing);
        var (_, oldCheck) = Assert.Single(TakeChecks());
        Assert.Equal(DropReason.None, Respond(One, oldCheck));

        Check(Two, useCandidate: true, username: "fresh:renewed", password: "fresh-password");
        var (to, check) = Assert.Single(TakeChecks());

        Assert.Equal(Two, to);
        Assert.True(StunMessage.TryParse(check, out var message) && message.VerifyIntegrity("renewed-password"u8));
        Assert.Equal("renewed:fresh"u8, message.Username);
        Assert.Equal(DropReason.StunIntegrity, Respond(Two, check));
        Assert.Equal(DropReason.None, Respond(Two, check, "renewed-password"));
        Assert.Equal(Two, _agent.Selected);
    }

    private void Connect()
    {
        Check(One, useCandidate: true);
        _agent.OnEstablished(_now, One);
        TakeChecks();
    }

    private int Media(TransportAddress from, int bytes = 100)
    {
        _agent.OnMedia(_now, from, bytes, isNewest: true, _outgoing);
        return bytes;
    }

    private int Check(TransportAddress from, bool useCandidate, uint priority = 100, string username = "local:remote", string password = "local-password")
    {
        var request = Request(useCandidate, priority, username, password);
        Assert.Equal(DropReason.None, _agent.Handle(_now, from, request, _outgoing));
        return request.Length;
    }

    private byte[] Request(bool useCandidate, uint priority, string username, string password)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var transaction = new byte[12];
        BitConverter.TryWriteBytes(transaction, ++_transactions);
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transaction);
        writer.AddUsername(Encoding.ASCII.GetBytes(username));
        writer.AddPriority(priority);
        if (useCandidate)
        {
            writer.AddUseCandidate();
        }

        writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    /// <summary>Passes the response of a peer that received the check to the agent.</summary>
    private DropReason Respond(TransportAddress from, byte[] check, string password = "remote-password", long? arrivalTicks = null)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, check.AsSpan(8, 12));
        writer.AddXorMappedAddress(new TransportAddress(0x0A000001, 3478));
        writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return _agent.Handle(_now, from, buffer.AsSpan(0, writer.Length), _outgoing, arrivalTicks);
    }

    /// <summary>Removes all queued datagrams and returns the agent's own checks.</summary>
    private List<(TransportAddress To, byte[] Datagram)> TakeChecks()
    {
        var checks = new List<(TransportAddress, byte[])>();
        while (_outgoing.TryTake(out var to, out var datagram))
        {
            if (datagram[0] == 0)
            {
                checks.Add((to, datagram.ToArray()));
            }
        }

        return checks;
    }
}
