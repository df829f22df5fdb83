using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

public sealed class RegionSetTests
{
    [Fact]
    public void And_NothingInCommon_ReturnsNone()
    {
        var none = RegionSet.Only(["eu"]).And(RegionSet.Only(["us"]));

        Assert.True(none.IsNone);
        Assert.False(none.Contains("ap"));
        Assert.False(none.Contains(null));
        Assert.True(none.And(RegionSet.Any).IsNone);
        Assert.True(RegionSet.Any.And(none).IsNone);
    }

    [Fact]
    public void FromSpec_EmptyList_ReturnsAny()
    {
        Assert.True(RegionSet.FromSpec([]).Contains("ap"));
        Assert.True(RegionSet.FromSpec([]).Contains(null));
        Assert.False(RegionSet.FromSpec(["eu"]).Contains(null));
        Assert.Equal(("any", "none", "eu, us"), (RegionSet.Any.ToString(), RegionSet.None.ToString(), RegionSet.Only(["eu", "us"]).ToString()));
    }
}
