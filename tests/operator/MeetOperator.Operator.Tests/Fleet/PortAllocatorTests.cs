using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class PortAllocatorTests
{
    private static readonly PortRange Range = new() { Min = 42000, Max = 42003 };

    [Theory]
    [InlineData("", 2, 1, "0 1")]
    [InlineData("0, 2", 2, 1, "1 3")]
    [InlineData("0 1, 2", 2, 1, null)]
    [InlineData("0, 1, 2", 1, 3, "3")]
    [InlineData("0, 1, 2, 3", 1, 1, null)]
    [InlineData("0, 1, 2, 3", 1, 2, "0")]
    [InlineData("0, 1, 2, 3, 0", 1, 2, "1")]
    [InlineData("0, 1, 2, 3, 0, 1, 2, 3", 1, 2, null)]
    [InlineData("0, 1, 2, 3, 0, 1, 2, 3", 1, 3, "0")]
    [InlineData("0 1, 2 3", 2, 2, "0 1")]
    [InlineData("0 2, 1 3", 2, 2, "0 2")]
    [InlineData("0 1, 2 3, 0 1", 2, 2, "2 3")]
    [InlineData("0 1, 2 3, 1 2", 2, 2, null)]
    [InlineData("0 1 2, 3", 2, 2, "0 1")]
    [InlineData("0, 1, 2", 2, 2, "0 3")]
    [InlineData("", 5, 9, null)]
    [InlineData("", 1, 0, "0")]
    public void Allocate_PortsInUse_ReturnsPortsFreeOnOneClusterNode(string holders, int count, int clusterNodes, string? expected)
    {
        var held = holders.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Ports).ToArray();

        Assert.Equal(expected is null ? null : Ports(expected), PortAllocator.Allocate(Range, count, held, clusterNodes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Allocate_UntilExhausted_FillsEveryClusterNode(int count)
    {
        var holders = new List<IReadOnlyList<int>>();
        while (PortAllocator.Allocate(Range, count, holders, clusterNodes: 3) is { } ports)
        {
            holders.Add(ports);
        }

        Assert.Equal(3 * 4 / count, holders.Count);
        Assert.All(holders.SelectMany(ports => ports).GroupBy(port => port), port => Assert.Equal(3, port.Count()));
    }

    private static IReadOnlyList<int> Ports(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(digit => 42000 + int.Parse(digit, System.Globalization.CultureInfo.InvariantCulture))];
}
