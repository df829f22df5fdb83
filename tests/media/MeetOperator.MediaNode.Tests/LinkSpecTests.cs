using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What a media node accepts as one end of a link, and that secrets of links get into no text.</summary>
public sealed class LinkSpecTests
{
    private const string Link = "a1b2";
    private static readonly string Secret = SecretOf(1);

    private static readonly LinkSpec Valid = new()
    {
        Generation = 3,
        Role = LinkEndRole.Opener,
        Node = "meet/default-aaaaa",
        Peer = "meet/default-bbbbb",
        PeerGeneration = 4,
        Addresses = ["10.1.2.3:43000", "[fd00::7]:43000"],
        Tag = 7,
        PeerTag = 8,
        Keys = [new LinkKey { Epoch = 4 }, new LinkKey { Epoch = 5, Secret = Secret }],
        MaxKbps = 20_000,
    };

    public static TheoryData<string, LinkSpec> Invalid => new()
    {
        { "generation ", Valid with { Generation = -1 } },
        { "peerGeneration ", Valid with { PeerGeneration = -1 } },
        { "role ", Valid with { Role = (LinkEndRole)7 } },
        { "node ", Valid with { Node = "default-aaaaa" } },
        { "node ", Valid with { Node = "meet/" } },
        { "peer ", Valid with { Peer = "meet/default-bbbbb\r\na=x" } },
        { "peer ", Valid with { Peer = "meet/" + new string('b', 316) } },
        { "peer ", Valid with { Peer = Valid.Node } },
        { "maxKbps ", Valid with { MaxKbps = 0 } },
        { "addresses ", Valid with { Addresses = [] } },
        { "addresses ", Valid with { Addresses = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1", "10.0.0.5:1"] } },
        { "addresses[0] ", Valid with { Addresses = ["media.example.org:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["10.1.2.3"] } },
        { "addresses[0] ", Valid with { Addresses = ["10.1:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["0.0.0.0:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["239.1.2.3:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["255.255.255.255:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["[ff02::1]:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["[::]:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["[fe80::1%2]:43000"] } },
        { "addresses[0] ", Valid with { Addresses = ["[::ffff:10.1.2.3]:43000"] } },
        { "addresses[0] ", Valid with { Addresses = [null!] } },
        { "addresses[1] ", Valid with { Addresses = ["10.1.2.3:43000", "10.1.2.3:43000"] } },
        { "tag ", Valid with { Tag = 0 } },
        { "peerTag ", Valid with { PeerTag = 0 } },
        { "tag and peerTag ", Valid with { PeerTag = Valid.Tag } },
        { "keys ", Valid with { Keys = [] } },
        { "keys ", Valid with { Keys = [Key(1), Key(2), Key(3), Key(4)] } },
        { "keys[0].epoch ", Valid with { Keys = [Key(0)] } },
        { "keys[0].epoch ", Valid with { Keys = [null!] } },
        { "keys[1].epoch ", Valid with { Keys = [Key(2), Key(2)] } },
        { "keys[1].epoch ", Valid with { Keys = [Key(3), Key(2)] } },
        { "keys[0].secret ", Valid with { Keys = [new LinkKey { Epoch = 1, Secret = "not base64" }] } },
        { "keys[0].secret ", Valid with { Keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String(new byte[31]) }] } },
        { "keys[0].secret ", Valid with { Keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String(new byte[33]) }] } },
        { "keys[1].secret ", Valid with { Keys = [Key(1), new LinkKey { Epoch = 2 }] } },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void FindProblem_InvalidField_NamesItFirst(string field, LinkSpec spec) =>
        Assert.StartsWith(field, LinkSpecRules.FindProblem(Link, spec), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void FindProblem_InvalidLinkId_NamesIt(string link) =>
        Assert.StartsWith("The link ID must", LinkSpecRules.FindProblem(link, Valid), StringComparison.Ordinal);

    [Fact]
    public void FindProblem_SpecOverTheWire_IsNull()
    {
        var read = JsonSerializer.Deserialize<LinkSpec>(JsonSerializer.Serialize(Valid, NodeControlJson.Options), NodeControlJson.Options)!;

        Assert.Null(LinkSpecRules.FindProblem(Link, read));
        Assert.Equal(Valid, read);
    }

    [Fact]
    public void Equals_OtherKeysOrAddresses_IsFalse()
    {
        Assert.NotEqual(Valid, Valid with { Keys = [Valid.Keys[1]] });
        Assert.NotEqual(Valid, Valid with { Keys = [Valid.Keys[0], Key(6)] });
        Assert.NotEqual(Valid, Valid with { Addresses = [Valid.Addresses[0]] });
        Assert.NotEqual(Valid, Valid with { PeerTag = 9 });
    }

    [Fact]
    public void TryDecode_SecretOfAKey_HasItsBytes()
    {
        Assert.True(Key(9).TryDecode(out var secret));

        Assert.Equal(Enumerable.Repeat((byte)9, LinkKey.SecretBytes), secret);
    }

    [Fact]
    public void WithKept_KeysWithoutSecret_TakesThoseOfTheNode()
    {
        var spec = Valid with { Keys = [new LinkKey { Epoch = 4 }, new LinkKey { Epoch = 5 }, Key(6)] };

        Assert.Equal([Key(4), Key(6)], spec.WithKept([Key(3), Key(4), Key(6) with { Secret = SecretOf(99) }]).Keys);
        Assert.Equal([Key(6)], spec.WithKept([]).Keys);
    }

    [Fact]
    public void Secret_InTextsAndProblems_IsAbsent()
    {
        var canary = SecretOf(0xC5);
        var key = new LinkKey { Epoch = 5, Secret = canary };
        var spec = Valid with { Keys = [key] };
        string?[] texts =
        [
            $"{key}", $"{spec}", $"{new { spec, spec.Keys }}", string.Join(' ', spec.Keys),
            LinkSpecRules.FindProblem(Link, spec with { Keys = [key, key] }),
            LinkSpecRules.FindProblem(Link, spec with { Keys = [key with { Secret = canary + "A" }] }),
            JsonSerializer.Serialize(new LinkReport { Link = Link, Peer = spec.Peer, Tag = spec.Tag, Epoch = key.Epoch }, NodeControlJson.Options),
        ];

        Assert.All(texts, text => Assert.DoesNotContain(canary[..16], text, StringComparison.Ordinal));
        Assert.Contains("5", texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OfAnEarlierVersion_HasNoLinks()
    {
        const string Earlier = """
            {"node":"n","version":"1","instanceId":"i","state":"Ready","startedAt":"2026-11-26T00:00:00Z","rooms":[{"room":"6d9f5b8e-2f5c-4b7e-9a43-0d1c2b3a4f5e","generation":2}]}
            """;

        var report = JsonSerializer.Deserialize<NodeReport>(Earlier, NodeControlJson.Options)!;

        Assert.Empty(report.MediaAddresses);
        Assert.Equal(0, report.Rooms[0].Port);
        Assert.Empty(report.Rooms[0].Links);
    }

    [Fact]
    public async Task Report_OfTheNode_HasItsAddressesAndThePortOfARoom()
    {
        await using var node = await TestNode.StartAsync();
        var put = await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);

        var report = await node.Control.GetNodeAsync(default);

        Assert.Equal(["127.0.0.1"], report.MediaAddresses);
        Assert.NotEqual(0, put.Port);
        Assert.Equal((put.Port, put.Port), (Assert.Single(report.Rooms).Port, Assert.Single(report.LoopReports).Port));
    }

    private static LinkKey Key(byte epoch) => new() { Epoch = epoch, Secret = SecretOf(epoch) };

    private static string SecretOf(byte value) => Convert.ToBase64String([.. Enumerable.Repeat(value, LinkKey.SecretBytes)]);
}
