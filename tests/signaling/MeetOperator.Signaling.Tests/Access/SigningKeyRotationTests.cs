using System.Diagnostics;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Keys;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Access;

/// <summary>
/// Tests key rotation with a file that is mounted like a Kubernetes Secret: <c>key → ..data/key</c>, where <c>..data</c> links to one folder per version and is
/// swapped by a rename.
/// </summary>
public sealed class SigningKeyRotationTests : IDisposable
{
    private static readonly TokenSubject Ann = new() { Tenant = "acme", MeetingId = "m1", ParticipantId = "p1" };
    private static readonly string Old = new('a', 40);
    private static readonly string New = new('b', 40);
    private readonly string _root = Directory.CreateTempSubdirectory("keys").FullName;
    private readonly ManualTime _time = new();
    private int _versions;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Signing_FileSwappedWithSameTime_UsesNewKey()
    {
        var (keys, _) = Replica("one", Old);
        var before = keys.Signing.Id;

        Mount("one", New);
        Assert.Equal(before, keys.Signing.Id); // The file has not been read again yet.
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.NotEqual(before, keys.Signing.Id);
    }

    [Fact]
    public void Current_InvalidFile_KeepsPreviousKeys()
    {
        var (keys, _) = Replica("one", Old);
        var before = keys.Signing.Id;
        foreach (var broken in (string[])["short", "", "\n\n"])
        {
            Mount("one", broken);
            _time.Advance(TimeSpan.FromSeconds(11));
            Assert.Equal(before, Assert.Single(keys.Current).Id);
        }
    }

    /// <summary>
    /// Two replicas receive each version 90 s apart. Each issues one token per second, and both verify all tokens immediately and after the rotation.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryVerify_RotationUnderLoad_AcceptsEveryTicket(bool newKeyIsAcceptedFirst)
    {
        var (_, first) = Replica("one", Old);
        var (_, second) = Replica("two", Old);
        var issued = new List<string>();
        void Run(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                foreach (var issuer in (Tokens[])[first, second])
                {
                    var ticket = issuer.Issue(TokenKind.Ticket, Ann, TimeSpan.FromHours(6));
                    Assert.True(first.TryVerify(TokenKind.Ticket, ticket, out _) && second.TryVerify(TokenKind.Ticket, ticket, out _));
                    issued.Add(ticket);
                }
            }
        }

        void Change(string content)
        {
            Mount("one", content);
            Run(90);
            Mount("two", content);
            Run(300);
        }

        Run(30);
        if (newKeyIsAcceptedFirst)
        {
            Change($"{Old}\n{New}\n");
        }

        Change($"{New}\n{Old}\n");
        Assert.All(issued, ticket => Assert.True(first.TryVerify(TokenKind.Ticket, ticket, out _) && second.TryVerify(TokenKind.Ticket, ticket, out _)));
        var withOld = issued[0];
        var withNew = issued[^1];
        _time.Advance(TimeSpan.FromMinutes(1));
        Change($"{New}\n");
        Assert.False(first.TryVerify(TokenKind.Ticket, withOld, out _) || second.TryVerify(TokenKind.Ticket, withOld, out _));
        Assert.True(first.TryVerify(TokenKind.Ticket, withNew, out _) && second.TryVerify(TokenKind.Ticket, withNew, out _));
    }

    private (SigningKeys Keys, Tokens Tokens) Replica(string name, string content)
    {
        Mount(name, content);
        var keys = SigningKeys.FromFile(Path.Combine(_root, name, "signing-key"), _time);
        return (keys, new Tokens(keys, _time));
    }

    private void Mount(string replica, string content)
    {
        var folder = Path.Combine(_root, replica);
        var version = Path.Combine(folder, $"..v{_versions++}");
        Directory.CreateDirectory(version);
        File.WriteAllText(Path.Combine(version, "signing-key"), content);
        File.SetLastWriteTimeUtc(Path.Combine(version, "signing-key"), DateTime.UnixEpoch);
        File.CreateSymbolicLink(Path.Combine(folder, "..new"), version);
        using (var rename = Process.Start("mv", ["-T", Path.Combine(folder, "..new"), Path.Combine(folder, "..data")]))
        {
            rename.WaitForExit(); // .NET cannot replace a link to a folder with a rename.
            Assert.Equal(0, rename.ExitCode);
        }

        if (!File.Exists(Path.Combine(folder, "signing-key")))
        {
            File.CreateSymbolicLink(Path.Combine(folder, "signing-key"), Path.Combine("..data", "signing-key"));
        }
    }
}
