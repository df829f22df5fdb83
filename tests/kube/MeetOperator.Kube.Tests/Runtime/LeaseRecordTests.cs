using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Leadership;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class LeaseRecordTests
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(15);
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 0, true)]
    [InlineData("", 0, true)]
    [InlineData("me", 0, true)]
    [InlineData("other", 0, false)]
    [InlineData("other", 29.9, false)]
    [InlineData("other", 30, true)]
    public void CanTake_HeldLease_OnlyAfterItsDuration(string? holder, double unchangedSeconds, bool expected) =>
        Assert.Equal(expected, LeaseRecord.CanTake(new LeaseSpec { HolderIdentity = holder, LeaseDurationSeconds = 30 }, "me", TimeSpan.FromSeconds(unchangedSeconds), Default));

    [Theory]
    [InlineData(14.9, false)]
    [InlineData(15, true)]
    public void CanTake_NoLeaseDuration_UsesDefault(double unchangedSeconds, bool expected) =>
        Assert.Equal(expected, LeaseRecord.CanTake(new LeaseSpec { HolderIdentity = "other" }, "me", TimeSpan.FromSeconds(unchangedSeconds), Default));

    [Fact]
    public void Take_NewTermOfSameIdentity_IncreasesTransitions()
    {
        var before = new LeaseSpec { HolderIdentity = "me", LeaseTransitions = 7, AcquireTime = Now.AddHours(-1) };
        var taken = LeaseRecord.Take(before, "me", Default, renewal: false, Now);

        Assert.Equal((8, Now, Now, 15), (taken.LeaseTransitions, taken.AcquireTime, taken.RenewTime, taken.LeaseDurationSeconds));
    }

    [Fact]
    public void Take_Renewal_ChangesOnlyRenewTime()
    {
        var before = new LeaseSpec { HolderIdentity = "me", LeaseTransitions = 7, AcquireTime = Now.AddHours(-1), LeaseDurationSeconds = 15 };
        var renewed = LeaseRecord.Take(before, "me", Default, renewal: true, Now);

        Assert.Equal((7, Now.AddHours(-1), Now, "me"), (renewed.LeaseTransitions, renewed.AcquireTime, renewed.RenewTime, renewed.HolderIdentity));
    }

    [Theory]
    [InlineData(null, false, 0, 1)]
    [InlineData(1, false, 58, 58)]
    [InlineData(60, false, 58, 61)]
    [InlineData(1, true, 58, 58)]
    [InlineData(60, true, 58, 60)]
    [InlineData(int.MaxValue, false, 0, int.MaxValue)]
    [InlineData(-7, false, 0, 0)]
    public void Take_Number_GrowsAndIsAtLeastTheMinimum(int? before, bool renewal, int atLeast, int expected) =>
        Assert.Equal(expected, LeaseRecord.Take(new LeaseSpec { LeaseTransitions = before }, "me", Default, renewal, Now, atLeast).LeaseTransitions);

    [Theory]
    [InlineData("me", 7, true, true)]
    [InlineData("me", 8, true, true)]
    [InlineData("me", 9, true, true)]
    [InlineData("me", 9, false, false)]
    [InlineData("me", 10, true, false)]
    [InlineData("me", 6, true, false)]
    [InlineData("other", 7, true, false)]
    public void IsOurs_SameIdentity_RequiresSameTerm(string holder, int transitions, bool sameTerm, bool expected) => Assert.Equal(
        expected,
        LeaseRecord.IsOurs(
            new LeaseSpec { HolderIdentity = holder, LeaseTransitions = transitions, AcquireTime = sameTerm ? Now : Now.AddSeconds(1) },
            new LeaseSpec { HolderIdentity = "me", LeaseTransitions = 7, AcquireTime = Now },
            attempted: 9));

    [Fact]
    public void Take_FractionalDuration_RoundsUp() =>
        Assert.Equal(2, LeaseRecord.Take(new LeaseSpec(), "me", TimeSpan.FromSeconds(1.2), renewal: false, Now).LeaseDurationSeconds);
}
