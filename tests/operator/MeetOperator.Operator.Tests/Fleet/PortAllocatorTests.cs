using MeetOperator.Contracts;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class PortAllocatorTests
{
    private static readonly PortRange Range = new() { Min = 42000, Max = 42004 };

    [Fact]
    public void Allocate_SomeTaken_GivesTheLowestFree() => Assert.Equal([42001, 42003], PortAllocator.Allocate(Range, 2, new HashSet<int> { 42000, 42002 }));

    [Fact]
    public void Allocate_ExactFit_GivesTheWholeRange() => Assert.Equal(5, PortAllocator.Allocate(Range, 5, new HashSet<int>())!.Count);

    [Fact]
    public void Allocate_TooFewLeft_GivesNothing() => Assert.Null(PortAllocator.Allocate(Range, 2, new HashSet<int> { 42000, 42001, 42002, 42003 }));
}
