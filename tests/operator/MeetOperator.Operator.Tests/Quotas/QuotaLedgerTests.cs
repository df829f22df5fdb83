using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Tests.Quotas;

public sealed class QuotaLedgerTests
{
    [Fact]
    public void TryAdmit_ManyInParallel_NeverExceedsTheLimit()
    {
        var ledger = new QuotaLedger();
        var admitted = 0;

        Parallel.For(0, 1000, number =>
        {
            if (ledger.TryAdmit("a", $"m{number}", 37))
            {
                Interlocked.Increment(ref admitted);
            }
        });

        Assert.Equal((37, 37), (admitted, ledger.OpenMeetings("a")));
    }

    [Fact]
    public void TryAdmit_SameMeetingAgain_CountsOnce()
    {
        var ledger = new QuotaLedger();

        Assert.True(ledger.TryAdmit("a", "m", 1));
        Assert.True(ledger.TryAdmit("a", "m", 1));
        Assert.False(ledger.TryAdmit("a", "other", 1));
        Assert.True(ledger.TryAdmit("b", "other", 1));
    }

    [Fact]
    public void TryAdmit_LimitLowered_AppliesNewLimit()
    {
        var ledger = new QuotaLedger();
        string[] meetings = ["m1", "m2", "m3"];
        Assert.All(meetings, meeting => Assert.True(ledger.TryAdmit("a", meeting, 3)));

        Assert.Single(meetings, meeting => ledger.TryAdmit("a", meeting, 1));
        Assert.Equal(1, ledger.OpenMeetings("a"));
    }

    [Fact]
    public void Release_AtLimit_AdmitsNextMeeting()
    {
        var ledger = new QuotaLedger();
        ledger.TryAdmit("a", "m", 1);

        ledger.Release("a", "m");
        ledger.Release("a", "never-there");

        Assert.Equal(0, ledger.OpenMeetings("a"));
        Assert.True(ledger.TryAdmit("a", "other", 1));
    }

    [Fact]
    public void Admit_AcceptedBefore_ExceedsLimit()
    {
        var ledger = new QuotaLedger();
        ledger.TryAdmit("a", "m", 1);

        ledger.Admit("a", "accepted-before-the-quota-was-lowered");

        Assert.Equal(2, ledger.OpenMeetings("a"));
    }
}
