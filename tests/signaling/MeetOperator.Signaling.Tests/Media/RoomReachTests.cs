using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class RoomReachTests
{
    private static readonly Exception Refused = new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused));
    private static readonly Exception Silent = new TaskCanceledException("connect", new TimeoutException("connect", new SocketException((int)SocketError.TimedOut)));
    private static readonly Exception Unreachable = new HttpRequestException("unreachable", new SocketException((int)SocketError.HostUnreachable));
    private static readonly Exception StandsStill = new TaskCanceledException("handshake", new TimeoutException());
    private static readonly Exception NoRoom = new NodeControlException(HttpStatusCode.NotFound, "unknown-room", "no such room");
    private static readonly Exception Busy = new NodeControlException(HttpStatusCode.ServiceUnavailable, "full", "full");
    private static readonly Exception Untrusted = new HttpRequestException("tls", new System.Security.Authentication.AuthenticationException("untrusted"));
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(15);
    private readonly RoomReach _reach = new(Delay);
    private TimeSpan _now = TimeSpan.FromHours(1);

    private bool IsUnsteady => _now < _reach.SteadyAt;

    [Fact]
    public void RecordFailure_RefusedAfterBreak_IsGone()
    {
        _reach.RecordAnswer(_now);
        _reach.RecordBreak(_now);
        Assert.False(_reach.IsGone);

        _reach.RecordFailure(Refused);

        Assert.True(_reach.IsGone);
    }

    [Fact]
    public void RecordFailure_RefusedOnce_IsNotGone()
    {
        _reach.RecordFailure(Refused);
        Assert.False(_reach.IsGone);

        _reach.RecordFailure(Refused);
        Assert.True(_reach.IsGone);
    }

    /// <summary>A machine that has lost its power: the stream ends because it acknowledges nothing, and then it accepts no connection.</summary>
    [Fact]
    public void RecordFailure_MachineSilentAfterBreak_IsGone()
    {
        _reach.RecordAnswer(_now);
        _reach.RecordBreak(_now);

        _reach.RecordFailure(Silent);

        Assert.True(_reach.IsGone);
    }

    [Fact]
    public void RecordFailure_MachineSilentOnce_IsNotGone()
    {
        _reach.RecordFailure(Silent);
        Assert.False(_reach.IsGone);

        _reach.RecordFailure(Unreachable);
        Assert.True(_reach.IsGone);
    }

    /// <summary>A process that is stopped, or whose machine is too busy for a handshake. Its kernel accepts connections.</summary>
    [Fact]
    public void RecordFailure_ProcessStandsStill_IsNotGone()
    {
        _reach.RecordAnswer(_now);
        _reach.RecordBreak(_now);
        foreach (var error in new[] { StandsStill, StandsStill, Refused, StandsStill, Silent, StandsStill })
        {
            _reach.RecordFailure(error);
            Assert.False(_reach.IsGone);
        }
    }

    [Fact]
    public void RecordFailure_AnotherProcessWithoutTheRoom_IsGone()
    {
        _reach.RecordFailure(NoRoom);
        Assert.False(_reach.IsGone, "the room may not exist yet");
        _reach.RecordAnswer(_now);
        _reach.RecordBreak(_now);

        _reach.RecordFailure(NoRoom);

        Assert.True(_reach.IsGone);
    }

    [Fact]
    public void RecordFailure_NodeAnswersOrIsNotTrusted_IsNotGone()
    {
        _reach.RecordBreak(_now);
        foreach (var error in new[] { Busy, Untrusted, Untrusted, Untrusted })
        {
            _reach.RecordFailure(error);
        }

        Assert.False(_reach.IsGone);
    }

    [Fact]
    public void RecordAnswer_AfterLoss_IsBackAndCountsAnew()
    {
        _reach.RecordBreak(_now);
        _reach.RecordFailure(Refused);
        _reach.RecordFailure(Busy);
        Assert.True(_reach.IsGone, "the stream is not open again");

        _reach.RecordAnswer(_now);

        Assert.False(_reach.IsGone);
        _reach.RecordFailure(Refused);
        Assert.False(_reach.IsGone);
    }

    [Fact]
    public void SteadyAt_NodeWasNeverGone_IsInThePast()
    {
        _reach.RecordAnswer(_now);
        Assert.False(IsUnsteady);

        _reach.RecordBreak(_now);
        _reach.RecordAnswer(_now);

        Assert.False(IsUnsteady);
    }

    /// <summary>Nobody has used the node yet, so nobody returns to it.</summary>
    [Fact]
    public void SteadyAt_NodeWasGoneBeforeItWasOpen_IsInThePast()
    {
        _reach.RecordFailure(Refused);
        _reach.RecordFailure(Refused);
        Assert.True(_reach.IsGone);

        _reach.RecordAnswer(_now);

        Assert.False(IsUnsteady);
        LoseAndReturn();
        Assert.Equal(Delay, _reach.SteadyAt - _now);
    }

    [Fact]
    public void SteadyAt_NodeIsBack_ComesAfterTheDelay()
    {
        LoseAndReturn();
        Assert.True(IsUnsteady);

        Pass(Delay - TimeSpan.FromTicks(1));
        _reach.RecordAnswer(_now);
        Assert.True(IsUnsteady);

        Pass(TimeSpan.FromTicks(1));
        Assert.False(IsUnsteady);
    }

    [Fact]
    public void SteadyAt_StreamBreaksMeanwhile_CountsAnew()
    {
        LoseAndReturn();
        Pass(Delay - TimeSpan.FromSeconds(1));

        _reach.RecordBreak(_now);
        Pass(Delay);
        Assert.True(IsUnsteady, "the stream is interrupted");
        _reach.RecordAnswer(_now);

        Pass(Delay - TimeSpan.FromSeconds(1));
        Assert.True(IsUnsteady);
        Pass(TimeSpan.FromSeconds(1));
        Assert.False(IsUnsteady);
    }

    /// <summary>A line that loses 5 s again and again.</summary>
    [Fact]
    public void SteadyAt_WrongAgainAndAgain_TakesTwiceAsLongUpToTheLimit()
    {
        List<double> delays = [];
        for (var i = 0; i < 7; i++)
        {
            LoseAndReturn();
            delays.Add((_reach.SteadyAt - _now) / Delay);
            Pass(TimeSpan.FromSeconds(15));
        }

        Assert.Equal([1, 2, 4, 8, 16, 16, 16], delays);
        Pass(RoomReach.ForgetAfter);
        LoseAndReturn();
        Assert.Equal(Delay, _reach.SteadyAt - _now);
    }

    private void LoseAndReturn()
    {
        _reach.RecordAnswer(_now);
        _reach.RecordBreak(_now);
        _reach.RecordFailure(Refused);
        Assert.True(_reach.IsGone);
        Pass(TimeSpan.FromSeconds(5));
        _reach.RecordAnswer(_now);
        Assert.False(_reach.IsGone);
    }

    private void Pass(TimeSpan time) => _now += time;
}
