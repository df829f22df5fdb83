using System.Buffers;
using System.Text;
using System.Text.Json;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Watching;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Client;

/// <summary>Seeded mutations of external input: only the documented exceptions may be thrown.</summary>
public sealed class MalformedInputTests
{
    [Fact]
    public void Decode_MutatedWatchLines_ThrowsOnlyKnownErrors()
    {
        string[] corpus =
        [
            """{"type":"ADDED","object":{"apiVersion":"example.io/v1","kind":"Widget","metadata":{"name":"a","resourceVersion":"5","labels":{"a":"b"}},"spec":{"replicas":1}}}""",
            """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","details":{"causes":[{"field":"x"}]}}}""",
            """{"object":{"metadata":{"resourceVersion":"9"}},"type":"BOOKMARK"}""",
            """{"type":"ADDED","object":null}""",
        ];
        foreach (var bytes in Mutations(corpus, 20_000))
        {
            try
            {
                WatchFrames.Decode<Widget>(new ReadOnlySequence<byte>(bytes));
            }
            catch (Exception e) when (e is JsonException or KubeApiException)
            {
                // Both end the watch, and the informer resumes it.
            }
        }
    }

    [Fact]
    public void Parse_MutatedStatusBodies_AlwaysReturnsCode()
    {
        string[] corpus =
        [
            """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Conflict","details":{"name":"w","causes":[{"reason":"r"}]},"code":409}""",
            "<html>502</html>",
            "null",
        ];
        foreach (var bytes in Mutations(corpus, 5_000))
        {
            Assert.NotNull(StatusReader.Parse(System.Net.HttpStatusCode.Conflict, Encoding.UTF8.GetString(bytes)).Code);
        }
    }

    [Fact]
    public void FromFile_MutatedKubeconfigs_ThrowsOnlyConfigErrors()
    {
        const string Text = "apiVersion: v1\ncurrent-context: c\ncontexts:\n- name: c\n  context: {cluster: k, user: u}\nclusters:\n- name: k\n  cluster:\n    server: http://x:1\nusers:\n- name: u\n  user: {token: t}\n";
        var file = Path.GetTempFileName();
        try
        {
            foreach (var bytes in Mutations([Text], 2_000))
            {
                File.WriteAllBytes(file, bytes);
                try
                {
                    KubeConfig.FromFile(file);
                }
                catch (KubeConfigException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IEnumerable<byte[]> Mutations(string[] corpus, int count)
    {
        var random = new Random(20260102);
        for (var i = 0; i < count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(corpus[i % corpus.Length]).ToList();
            for (var edits = random.Next(1, 5); edits > 0 && bytes.Count > 0; edits--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(at, random.Next(Math.Min(16, bytes.Count - at))));
                        break;
                    default:
                        bytes[at] = "{}[]:,\"0-\n "u8[random.Next(11)];
                        break;
                }
            }

            yield return [.. bytes];
        }
    }
}
