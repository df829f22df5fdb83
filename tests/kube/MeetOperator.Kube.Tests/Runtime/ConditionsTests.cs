using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class ConditionsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    private static readonly DateTimeOffset StartSecond = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Set_NewType_IsAppendedWithWholeSeconds()
    {
        var list = Conditions.Set(Conditions.Set(null, Make("Placed", ConditionStatus.True), Start), Make("Ready", ConditionStatus.False), Start);

        Assert.Equal(["Placed", "Ready"], list.Select(c => c.Type));
        Assert.All(list, c => Assert.Equal(StartSecond, c.LastTransitionTime));
    }

    [Fact]
    public void Set_StatusUnchanged_KeepsOnlyTransitionTime()
    {
        var before = Conditions.Set(null, Make("Ready", ConditionStatus.False, "Waiting"), Start);
        var after = Conditions.Set(before, Make("Ready", ConditionStatus.False, "Starting"), Start.AddMinutes(1));

        var condition = Assert.Single(after);
        Assert.Equal(StartSecond, condition.LastTransitionTime);
        Assert.Equal("Starting", condition.Reason);
    }

    [Fact]
    public void Set_StatusChanged_UpdatesTransitionTime()
    {
        var before = Conditions.Set(null, Make("Ready", ConditionStatus.False), Start);
        var after = Conditions.Set(before, Make("Ready", ConditionStatus.True), Start.AddMinutes(1));

        Assert.Equal(StartSecond.AddMinutes(1), Assert.Single(after).LastTransitionTime);
    }

    [Fact]
    public void Set_SameCondition_ReturnsEqualList()
    {
        var before = Conditions.Set(null, Make("Ready", ConditionStatus.True), Start);
        Assert.Equal(before, Conditions.Set(before, Make("Ready", ConditionStatus.True), Start.AddHours(1)));
    }

    [Fact]
    public void Set_AnyCondition_DoesNotChangeInput()
    {
        IList<Condition> before = [Make("Ready", ConditionStatus.False)];
        Conditions.Set(before, Make("Ready", ConditionStatus.True), Start);

        Assert.Equal(ConditionStatus.False, Assert.Single(before).Status);
    }

    [Fact]
    public void IsTrue_UnknownOrAbsent_IsFalse()
    {
        IList<Condition> list = [Make("Ready", ConditionStatus.Unknown), Make("Placed", ConditionStatus.True)];

        Assert.False(Conditions.IsTrue(list, "Ready"));
        Assert.False(Conditions.IsTrue(null, "Ready"));
        Assert.True(Conditions.IsTrue(list, "Placed"));
        Assert.Equal(["Ready"], Conditions.Remove(list, "Placed").Select(c => c.Type));
    }

    private static Condition Make(string type, ConditionStatus status, string reason = "Because") =>
        new() { Type = type, Status = status, Reason = reason };
}
