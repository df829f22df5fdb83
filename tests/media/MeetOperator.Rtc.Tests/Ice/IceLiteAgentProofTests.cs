using System.Text;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

/// <summary>The checks that the lite agent sends itself: who answers one can read where it went, and nothing else shows that.</summary>
public sealed class IceLiteAgentProofTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly TransportAddress One = new(0x0A000002, 5000);
    private static readonly TransportAddress Two = new(0x0A000003, 6000);

    private readonly OutgoingDatagrams outgoing = new();
    private readonly IceLiteAgent agent = new(new IceCredentials("local", "local-password"), new Random(1));
    private long now = 1000 * Second;
    private int transactions;

    public IceLiteAgentProofTests() => agent.SetRemote(new IceCredentials("remote", "remote-password"), null);

    [Fact]
    public void BeforeTheHandshakeEnded_NothingIsAsked()
    {
        Check(One, useCandidate: true);
        agent.HandleTimeout(now, outgoing);

        Assert.Empty(Questions());
        Assert.Equal(long.MaxValue, agent.NextTimeoutTicks);
    }

    [Fact]
    public void HandshakeOverSeveralAddresses_TheSelectedOneIsAskedAndProved()
    {
        Check(One, useCandidate: true);
        agent.OnEstablished(now, null);
        Assert.True(agent.NextTimeoutTicks <= now);
        agent.HandleTimeout(now, outgoing);

        var (to, question) = Assert.Single(Questions());
        Assert.Equal(One, to);
        Assert.True(StunMessage.TryParse(question, out var message));
        Assert.Equal(StunMessageType.BindingRequest, message.Type);
        Assert.Equal("remote:local"u8, message.Username);
        Assert.True(message.VerifyFingerprint() && message.VerifyIntegrity("remote-password"u8) && message.HasIceControlled);
        Assert.False(agent.TrySpend(100_000));
        Assert.Equal(DropReason.None, Answer(One, question));
        Assert.True(agent.TrySpend(100_000));
    }

    [Fact]
    public void MediaFromAnotherAddress_IsFollowedWhenThatAnswers()
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        Media(Two);
        Assert.Equal(One, agent.Selected);
        var (to, question) = Assert.Single(Questions());
        Assert.Equal(Two, to);

        now += Second / 10;
        Assert.Equal(DropReason.None, Answer(Two, question));

        Assert.Equal(Two, agent.Selected);
        Assert.Equal(now, agent.LastConsentTicks);
        Assert.True(agent.TrySpend(100_000));
    }

    [Fact]
    public void NominationOfHigherPriority_IsFollowedWhenItAnswers()
    {
        Connect();
        Check(Two, useCandidate: true, priority: 1000);
        Assert.Equal(One, agent.Selected);

        Answer(Two, Assert.Single(Questions()).Question);

        Assert.Equal(Two, agent.Selected);
    }

    [Fact]
    public void Answer_FromAnotherAddressThanWasAsked_ProvesNeither()
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, question) = Assert.Single(Questions());

        Assert.Equal(DropReason.StunUnexpected, Answer(One, question));
        Assert.Equal(DropReason.StunUnexpected, Answer(new TransportAddress(9, 9), question));

        Assert.Equal(One, agent.Selected);
        Assert.False(agent.IsInUse(now, Two));
    }

    [Theory]
    [InlineData("local-password", 0)]
    [InlineData("guess", 0)]
    [InlineData("remote-password", 1)]
    public void Answer_WithAnotherPasswordOrTransaction_ProvesNothing(string password, int otherTransaction)
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, question) = Assert.Single(Questions());
        question[19] ^= (byte)otherTransaction;

        Assert.NotEqual(DropReason.None, Answer(Two, question, password));

        Assert.Equal(One, agent.Selected);
        Assert.False(agent.IsInUse(now, Two));
    }

    [Fact]
    public void Answer_Replayed_RenewsNothing()
    {
        Connect();
        now = agent.NextTimeoutTicks;
        agent.HandleTimeout(now, outgoing);
        var (_, question) = Assert.Single(Questions());
        Assert.Equal(DropReason.None, Answer(One, question));
        var consent = agent.LastConsentTicks;

        for (var i = 0; i < 40; i++)
        {
            now += Second;
            agent.HandleTimeout(now, outgoing);
            Assert.NotEqual(DropReason.None, Answer(One, question));
        }

        Assert.Equal(consent, agent.LastConsentTicks);
        Assert.False(agent.TrySpend(100_000));
    }

    /// <summary>An echo service at the victim's, and a participant who took the node's own credentials for hers, so that what comes back verifies.</summary>
    [Fact]
    public void Question_SentBackFromWhereItWent_ProvesNothing()
    {
        agent.SetRemote(new IceCredentials("local", "local-password"), null);
        Check(One, useCandidate: true, username: "local:local");
        agent.OnEstablished(now, One);
        now += PathSelection.QuietTicks + 1;
        Media(Two);

        for (var i = 0; i < 10; i++)
        {
            foreach (var (to, datagram) in Questions())
            {
                agent.HandleStun(now, to, datagram, outgoing);
            }

            now += Second / 10;
        }

        Assert.Equal(One, agent.Selected);
        Assert.False(agent.IsInUse(now, Two));
    }

    [Fact]
    public void Question_Unanswered_IsRepeatedEverMoreSeldomAndWithinTheBound()
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        var (asked, came, went) = (new List<long>(), 0, 0);
        for (var end = now + (20 * Second); now < end; now += Second / 50)
        {
            Media(One);
            Media(Two, bytes: 40);
            came += 40;
            foreach (var (_, question) in Questions().Where(q => q.To == Two))
            {
                asked.Add(now);
                went += question.Length;
            }
        }

        Assert.InRange(asked.Count, 4, 12);
        Assert.True(asked[^1] - asked[^2] >= 5 * Second);
        Assert.InRange(went, 1, 3 * came);
        Assert.Equal(One, agent.Selected);
    }

    /// <summary>
    /// Media used up what the address may get. A check that could not be sent must not put off the next one, or media would use up whatever comes in
    /// meanwhile, and the address would never be proved.
    /// </summary>
    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    public void Question_TheAddressMayNotGetIt_IsSentWithTheNextThatComesFromThere(int ufragCharacters)
    {
        var ufrag = new string('u', ufragCharacters);
        agent.SetRemote(new IceCredentials(ufrag, "remote-password"), null);
        Check(One, useCandidate: true, username: $"local:{ufrag}");
        while (agent.TrySpend(1))
        {
        }

        agent.OnEstablished(now, null);
        for (var end = now + (10 * Second); now < end; now += Second / 100)
        {
            agent.HandleTimeout(now, outgoing);
            Assert.Equal(long.MaxValue, agent.NextTimeoutTicks);
        }

        Assert.Empty(Questions());
        Media(One, bytes: 200);

        var (_, question) = Assert.Single(Questions());
        Assert.Equal(600 - question.Length, agent.Allowance);
        Answer(One, question);
        Assert.True(agent.TrySpend(100_000));
    }

    /// <summary>To the byte: one byte less, and nothing is sent.</summary>
    [Fact]
    public void Question_TheAddressMayGetExactlyIt_IsSent()
    {
        Check(One, useCandidate: true);
        agent.OnEstablished(now, null);
        var length = StunMessageWriter.CheckLength("remote:local".Length);
        while (agent.Allowance >= length)
        {
            agent.TrySpend(1);
        }

        agent.HandleTimeout(now, outgoing);
        Assert.Empty(Questions());
        Media(One, bytes: 1);

        Assert.Equal(length, Assert.Single(Questions()).Question.Length);
    }

    [Fact]
    public void Question_Lost_ALaterCopyIsAnsweredToo()
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, lost) = Assert.Single(Questions());
        now += PathCheck.RetransmitTicks;
        Media(Two);
        var (_, copy) = Assert.Single(Questions());

        Assert.Equal(lost[8..20], copy[8..20]);
        Assert.Equal(DropReason.None, Answer(Two, copy));
        Assert.Equal(Two, agent.Selected);
    }

    /// <summary>A renegotiation repeats the peer's credentials. What it answered meanwhile is good.</summary>
    [Fact]
    public void Question_RenegotiationUnderTheSameCredentials_TheAnswerToAnEarlierCopyCounts()
    {
        Connect();
        now += PathSelection.QuietTicks + 1;
        Media(Two);
        var (_, first) = Assert.Single(Questions());
        agent.SetRemote(new IceCredentials("remote", "remote-password"), null);
        now += PathCheck.RetransmitTicks;
        Media(Two);
        Assert.Single(Questions());

        Assert.Equal(DropReason.None, Answer(Two, first));

        Assert.Equal(Two, agent.Selected);
    }

    [Fact]
    public void MediaFromThousandsOfAddresses_AFewAreAskedAndKept()
    {
        Connect();
        var asked = 0;
        for (var i = 0; i < 10_000; i++)
        {
            now += Second / 1000;
            Media(One);
            Media(new TransportAddress(0x0B000000 + (uint)i, 9));
            asked += Questions().Count(q => q.To != One);
        }

        Assert.InRange(asked, 10, 60); // of ten seconds
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => agent.IsValidated(new TransportAddress(0x0B000000 + (uint)i, 9))), 1, 7);
        Assert.Equal(One, agent.Selected);
    }

    [Fact]
    public void Proof_IsRenewedEveryFourToSixSeconds()
    {
        Connect();
        for (var i = 0; i < 50; i++)
        {
            Assert.InRange(agent.NextTimeoutTicks - now, 4 * Second, 6 * Second);
            now = agent.NextTimeoutTicks;
            agent.HandleTimeout(now, outgoing);
            Assert.Equal(DropReason.None, Answer(One, Assert.Single(Questions()).Question));
        }

        Assert.True(agent.TrySpend(100_000));
        Assert.Equal(now, agent.LastConsentTicks);
    }

    /// <summary>Checks and media go on, as somebody who was there once can send them from anywhere under that source.</summary>
    [Fact]
    public void Proof_NoAnswerForThirtySeconds_TheBoundHoldsAgain()
    {
        Connect();
        var start = now;
        var came = 0;
        while (now - start < 40 * Second)
        {
            var due = Math.Min(agent.NextTimeoutTicks, now + Second);
            now = Math.Max(now, due);
            agent.HandleTimeout(now, outgoing);
            came += now - start >= 30 * Second ? Check(One, useCandidate: true) + Media(One) : 0;
            Assert.Equal(now - start < 30 * Second, agent.TrySpend(100_000));
        }

        Assert.InRange(agent.Allowance, 0, 3 * came);
        Questions();
        now += 6 * Second;
        agent.HandleTimeout(now, outgoing);
        Answer(One, Assert.Single(Questions()).Question);
        Assert.True(agent.TrySpend(100_000));
    }

    /// <summary>Each costs two hashes and an answer, and other rooms of the loop wait for that.</summary>
    [Fact]
    public void FloodOfChecks_IsAnsweredInPartOnly_AndThePeerStaysThroughItsAnswers()
    {
        Connect();
        var answered = 0;
        for (var i = 0; i < 40_000; i++)
        {
            now += Second / 1000;
            agent.HandleStun(now, One, Request(useCandidate: true, 100, "local:remote", "local-password"), outgoing);
            agent.HandleTimeout(now, outgoing);
            while (outgoing.TryTake(out var to, out var datagram))
            {
                answered += datagram[0] == 1 ? 1 : 0;
                if (datagram[0] == 0)
                {
                    Assert.Equal(DropReason.None, Answer(to, datagram.ToArray()));
                }
            }
        }

        Assert.InRange(answered, 40 * 50, 41 * 200);
        Assert.True(agent.TrySpend(100_000));
    }

    /// <summary>The user name of a check is in clear: whoever saw one can send such checks from anywhere.</summary>
    [Fact]
    public void FloodOfChecksFromElsewhere_LeavesThePeersOwnAnswered()
    {
        Connect();
        for (var second = 0; second < 20; second++)
        {
            for (var i = 0; i < 2_000; i++)
            {
                now += Second / 2_000;
                agent.HandleStun(now, Two, Request(useCandidate: false, 100, "local:remote", "another-password"), outgoing);
            }

            while (outgoing.TryTake(out _, out _))
            {
            }

            Assert.Equal(DropReason.None, agent.HandleStun(now, One, Request(useCandidate: true, 100, "local:remote", "local-password"), outgoing));
            Assert.True(outgoing.TryTake(out _, out var answer));
            Assert.Equal(1, answer[0]);
        }
    }

    /// <summary>Media alone is no consent (RFC 7675 §5.1).</summary>
    [Fact]
    public void AddressWhoseConsentRanOut_MediaComesFromItAgain_IsTakenWhenItAnswers()
    {
        Connect();
        Check(Two, useCandidate: false);
        Answer(Two, Assert.Single(Questions()).Question);
        for (var end = now + (40 * Second); now < end; now += Second)
        {
            Check(One, useCandidate: true);
            Media(One);
        }

        now += PathSelection.StaleTicks + 1;
        Questions();
        Media(Two);
        Assert.Equal(One, agent.Selected);

        Answer(Two, Assert.Single(Questions()).Question);

        Assert.Equal(Two, agent.Selected);
        Assert.Equal(now, agent.LastConsentTicks);
    }

    /// <summary>The former path stays under the former credentials until the peer checks it under the new ones.</summary>
    [Fact]
    public void Restart_APathIsAskedUnderTheCredentialsThatItWasCheckedUnder()
    {
        Connect();
        agent.Restart(new IceCredentials("fresh", "fresh-password"));
        agent.SetRemote(new IceCredentials("renewed", "renewed-password"), null);
        now = agent.NextTimeoutTicks;
        agent.HandleTimeout(now, outgoing);
        var (_, former) = Assert.Single(Questions());
        Assert.Equal(DropReason.None, Answer(One, former));

        Check(Two, useCandidate: true, username: "fresh:renewed", password: "fresh-password");
        var (to, question) = Assert.Single(Questions());

        Assert.Equal(Two, to);
        Assert.True(StunMessage.TryParse(question, out var message) && message.VerifyIntegrity("renewed-password"u8));
        Assert.Equal("renewed:fresh"u8, message.Username);
        Assert.Equal(DropReason.StunIntegrity, Answer(Two, question));
        Assert.Equal(DropReason.None, Answer(Two, question, "renewed-password"));
        Assert.Equal(Two, agent.Selected);
    }

    private void Connect()
    {
        Check(One, useCandidate: true);
        agent.OnEstablished(now, One);
        Questions();
    }

    private int Media(TransportAddress from, int bytes = 100)
    {
        agent.OnMedia(now, from, bytes, isNewest: true, outgoing);
        return bytes;
    }

    private int Check(TransportAddress from, bool useCandidate, uint priority = 100, string username = "local:remote", string password = "local-password")
    {
        var request = Request(useCandidate, priority, username, password);
        Assert.Equal(DropReason.None, agent.HandleStun(now, from, request, outgoing));
        return request.Length;
    }

    private byte[] Request(bool useCandidate, uint priority, string username, string password)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var transaction = new byte[12];
        BitConverter.TryWriteBytes(transaction, ++transactions);
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

    /// <summary>What a peer that got the question sends.</summary>
    private DropReason Answer(TransportAddress from, byte[] question, string password = "remote-password")
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, question.AsSpan(8, 12));
        writer.AddXorMappedAddress(new TransportAddress(0x0A000001, 3478));
        writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return agent.HandleStun(now, from, buffer.AsSpan(0, writer.Length), outgoing);
    }

    /// <summary>The agent's own requests that wait; its answers are left out.</summary>
    private List<(TransportAddress To, byte[] Question)> Questions()
    {
        var questions = new List<(TransportAddress, byte[])>();
        while (outgoing.TryTake(out var to, out var datagram))
        {
            if (datagram[0] == 0)
            {
                questions.Add((to, datagram.ToArray()));
            }
        }

        return questions;
    }
}
