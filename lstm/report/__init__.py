"""What a person looks at: pictures, the HTML report and the markdown summary."""
