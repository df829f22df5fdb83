namespace MeetOperator.MediaNode.Loops;

internal enum SessionKind
{
    Publish,
    Subscribe,
    Play,
}
