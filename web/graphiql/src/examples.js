// The tabs that the page opens with. All of them work on the demo world; the last two want you logged in.

export const examples = [
  `# Your home page, and why each Pin is on it.
# Log in (the key on the left) to make it yours.
query HomeFeed {
  homeFeed(first: 10) {
    edges {
      score
      reasons {
        source
        text
      }
      node {
        id
        title
        creator {
          username
        }
        image {
          width
          height
          dominantColor
          url(width: 236)
        }
      }
    }
    degraded
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  `# Words and their meaning.
# \`weak\` matches come after the good ones.
query Search {
  searchPins(query: "misty mountains", first: 8) {
    edges {
      score
      weak
      reasons {
        text
      }
      node {
        title
        description
        topics {
          name
        }
      }
    }
  }
}
`,
  `# A board, what is on it, and more that would suit it:
# a walk from the board’s own Pins.
query Board {
  user(username: "demo") {
    boards(first: 2) {
      nodes {
        title
        pinCount
        pins(first: 4) {
          edges {
            savedAt
            node {
              title
            }
          }
        }
        moreIdeas(first: 5) {
          edges {
            score
            reasons {
              text
              board {
                title
              }
            }
            node {
              title
            }
          }
        }
      }
    }
  }
}
`,
  `# A person: what they keep, and whom they follow.
query Profile {
  user(username: "demo") {
    id
    displayName
    bio
    followerCount
    followingCount
    interests {
      name
    }
    boards(first: 10) {
      nodes {
        title
        privacy
        pinCount
        followerCount
      }
    }
    following(first: 5) {
      nodes {
        username
      }
    }
  }
}
`,
  `# Wants you logged in. Expected failures come in
# \`userErrors\`, and then nothing has changed.
mutation CreateBoard {
  createBoard(input: { title: "Colours I like", privacy: SECRET }) {
    board {
      id
      title
      privacy
      owner {
        username
      }
    }
    userErrors {
      code
      message
      field
    }
  }
}
`,
  `# Wants you logged in. Waits for new Pins on what you
# follow, over a WebSocket.
subscription NewPins {
  newPins {
    eventId
    at
    board {
      title
    }
    savedBy {
      username
    }
    pin {
      title
      image {
        url(width: 236)
      }
    }
  }
}
`,
];
