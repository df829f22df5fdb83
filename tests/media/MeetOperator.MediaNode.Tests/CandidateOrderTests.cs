using System.Net;
using MeetOperator.MediaNode.Negotiation;

namespace MeetOperator.MediaNode.Tests;

public sealed class CandidateOrderTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2")]
    [InlineData("192.0.2.1 2001:db8::1", "2001:db8::1 192.0.2.1")]
    [InlineData("fd00::1 192.0.2.1", "192.0.2.1 fd00::1")]
    [InlineData("192.0.2.1 192.0.2.2 fd00::1 2001:db8::1", "2001:db8::1 192.0.2.1 192.0.2.2 fd00::1")]
    [InlineData("127.0.0.1 192.0.2.1 ::1", "::1 127.0.0.1 192.0.2.1")]
    public void Sort_Addresses_AlternatesFamiliesByPrecedence(string advertised, string expected) =>
        Assert.Equal(expected, string.Join(' ', CandidateOrder.Sort([.. advertised.Split(' ').Select(IPAddress.Parse)])));
}
